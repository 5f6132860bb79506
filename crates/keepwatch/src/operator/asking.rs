//! The shapes in which the operator asks and is answered, as they travel through the socket and as `--json` prints them.

use keepwatch_model::glucose::Unit;
use keepwatch_model::id::{AccountId, FamilyId, FollowId, PersonId};
use keepwatch_model::sharing::Power;
use serde::{Deserialize, Serialize};

/// A request of the operator. People, accounts and follows are named by an id, or by a name that only one has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Add a person.
    AddPerson {
        /// Her name.
        name: String,
        /// Her family; none makes a new one.
        family: Option<String>,
        /// The unit that her family reads.
        unit: Unit,
        /// Her zone, by its IANA name.
        time_zone: String,
    },
    /// List everyone.
    ListPeople,
    /// Forget a person.
    RemovePerson {
        /// Whom.
        person: String,
    },
    /// Let somebody follow a person.
    AddFollower {
        /// Whom to follow.
        person: String,
        /// Who follows.
        follower: NewFollower,
    },
    /// List who follows whom.
    ListFollowers {
        /// Only this person's.
        person: Option<String>,
    },
    /// End a follow.
    RemoveFollow {
        /// Which.
        follow: String,
    },
    /// Tell how the server is, without glucose.
    CheckUp,
}

/// Who is to follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewFollower {
    /// Somebody new, by this name.
    Name(String),
    /// Somebody who has an account.
    Account(String),
}

/// What came of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "with", rename_all = "snake_case")]
pub(crate) enum Response {
    /// A person was added.
    PersonAdded(AddedPerson),
    /// Everyone.
    People(Vec<ListedPerson>),
    /// A person was forgotten.
    PersonRemoved(Removed),
    /// Somebody may follow.
    FollowerAdded(AddedFollower),
    /// Who follows whom.
    Followers(Vec<ListedFollower>),
    /// A follow was ended.
    FollowRemoved(Removed),
    /// How the server is.
    CheckedUp(CheckUp),
    /// It was not done; a sentence says why and what to type instead.
    Refused(String),
}

/// A person who was added, with the secrets that are shown this once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AddedPerson {
    /// Her id.
    pub(crate) person: PersonId,
    /// Her family.
    pub(crate) family: FamilyId,
    /// Her name.
    pub(crate) name: String,
    /// Her zone.
    pub(crate) time_zone: String,
    /// The unit of her family.
    pub(crate) unit: Unit,
    /// The link that lets her owner in.
    pub(crate) owner_invitation_url: String,
    /// What uploaders present.
    pub(crate) publish: Publish,
}

/// What uploaders present.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Publish {
    /// The Nightscout API secret.
    pub(crate) nightscout_api_secret: String,
    /// The address to type into a Nightscout uploader.
    pub(crate) nightscout_url: String,
    /// The Share name.
    pub(crate) share_username: String,
    /// The Share password.
    pub(crate) share_password: String,
    /// The token of our own API.
    pub(crate) token: String,
}

/// A follower who was added, with the secrets that are shown this once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AddedFollower {
    /// The follow.
    pub(crate) follow: FollowId,
    /// The follower's account.
    pub(crate) account: AccountId,
    /// The follower's name.
    pub(crate) name: String,
    /// Whom they follow.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) person_name: String,
    /// The link that lets the follower in.
    pub(crate) invitation_url: String,
    /// What reading programs present.
    pub(crate) read: Read,
}

/// What reading programs present.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Read {
    /// The Nightscout access token.
    pub(crate) nightscout_token: String,
    /// The address to type into a Nightscout client.
    pub(crate) nightscout_url: String,
    /// The Share name.
    pub(crate) share_username: String,
    /// The Share password.
    pub(crate) share_password: String,
    /// The token of our own API, for all that this account follows.
    pub(crate) token: String,
}

/// One line of the list of people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ListedPerson {
    /// Her id.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) name: String,
    /// Her family.
    pub(crate) family: FamilyId,
    /// Its name.
    pub(crate) family_name: String,
    /// The unit of her family.
    pub(crate) unit: Unit,
    /// Her zone.
    pub(crate) time_zone: String,
    /// How many follow her.
    pub(crate) followers: usize,
}

/// One line of the list of followers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ListedFollower {
    /// The follow.
    pub(crate) follow: FollowId,
    /// The follower's account.
    pub(crate) account: AccountId,
    /// The follower's name.
    pub(crate) name: String,
    /// Whom they follow.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) person_name: String,
    /// What they may do.
    pub(crate) powers: Vec<Power>,
    /// How many devices are bound to the account.
    pub(crate) devices: usize,
}

/// What was removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Removed {
    /// Its id.
    pub(crate) removed: String,
    /// What people call it.
    pub(crate) name: String,
}

/// How a server is: ages and sizes, no glucose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CheckUp {
    /// The server's time, ms.
    pub(crate) time: i64,
    /// Why the store does not write, while it does not.
    pub(crate) store_fault: Option<String>,
    /// How many people there are.
    pub(crate) people: usize,
    /// How many follows there are.
    pub(crate) follows: usize,
    /// Where readings come from, or should.
    pub(crate) sources: Vec<SourceState>,
}

/// One source, or a person without one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SourceState {
    /// Whose.
    pub(crate) person: PersonId,
    /// Her name.
    pub(crate) person_name: String,
    /// What it is called; absent where nothing was ever in touch.
    pub(crate) source: Option<String>,
    /// When it was last in touch, ms.
    pub(crate) last_contact: Option<i64>,
    /// The time of its newest reading, ms.
    pub(crate) last_reading: Option<i64>,
    /// After so long it counts as silent, ms.
    pub(crate) silent_after_ms: i64,
    /// Why its last upload was refused, where nothing better came after it.
    pub(crate) refused: Option<String>,
}
