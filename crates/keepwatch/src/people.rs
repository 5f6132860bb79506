//! `keepwatch person` and `keepwatch follower`: the request goes to the server that runs on the directory, else it is done here under
//! the directory's lock; then the answer is printed, as JSON or as what to type into which app.

use crate::cli::{Follower, Listening, Person, Place};
use crate::config::{Config, environment};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::operator::{
    AddedFollower, AddedPerson, ListedFollower, ListedPerson, NewFollower, Removed, Request, Response, perform,
};
use crate::output;
use crate::qr;
use crate::running;
use crate::socket;
use std::process::ExitCode;
use std::time::Duration;

/// A server that is just starting or stopping holds the lock and does not answer yet; it is asked again so often, so long apart.
const TRIES: usize = 60;
const TRY_PAUSE: Duration = Duration::from_millis(100);

/// Runs a `person` command.
pub(crate) async fn person(command: Person) -> Result<ExitCode, Failure> {
    let (place, json, request) = match command {
        Person::Add(args) => {
            let (name, family, unit, time_zone) = (args.name, args.family, args.unit, args.time_zone);
            (args.place, args.json, Request::AddPerson { name, family, unit, time_zone })
        }
        Person::List(args) => (args.place, args.json, Request::ListPeople),
        Person::Remove(args) => (args.place, args.json, Request::RemovePerson { person: args.person }),
    };
    run(&place, json, request).await
}

/// Runs a `follower` command.
pub(crate) async fn follower(command: Follower) -> Result<ExitCode, Failure> {
    let (place, json, request) = match command {
        Follower::Add(args) => {
            let follower = match (args.name, args.account) {
                (_, Some(account)) => NewFollower::Account(account),
                (name, None) => NewFollower::Name(name.unwrap_or_default()),
            };
            (args.place, args.json, Request::AddFollower { person: args.person, follower })
        }
        Follower::List(args) => (args.place, args.json, Request::ListFollowers { person: args.person }),
        Follower::Remove(args) => (args.place, args.json, Request::RemoveFollow { follow: args.follow }),
    };
    run(&place, json, request).await
}

async fn run(place: &Place, json: bool, request: Request) -> Result<ExitCode, Failure> {
    let config = Config::load(place, &Listening::default(), &environment())?;
    // Only what adds somebody makes a directory: a typing error in another command must not look like an empty server.
    let dir = if matches!(request, Request::AddPerson { .. }) {
        DataDir::make(config.data()?)?
    } else {
        DataDir::existing(config.data()?)?
    };
    match ask(&dir, &config, request).await? {
        Response::Refused(sentence) => Err(Failure::fault(sentence)),
        response if json => {
            print_json(&response)?;
            Ok(ExitCode::SUCCESS)
        }
        response => {
            print(&response);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Has the request done, by whoever holds the directory.
pub(crate) async fn ask(dir: &DataDir, config: &Config, request: Request) -> Result<Response, Failure> {
    for _ in 0..TRIES {
        if let Some(response) = socket::ask(dir, &request).await? {
            return Ok(response);
        }
        if let Some(service) = running::start(dir)? {
            let public_url =
                dir.public_url().or_else(|| config.public_url.clone()).unwrap_or_else(|| local_url(config));
            let response = perform(&service, &public_url, request).await;
            service.stop().await;
            return Ok(response);
        }
        tokio::time::sleep(TRY_PAUSE).await;
    }
    Err(Failure::fault(format!(
        "could not use {}: another Keepwatch holds it and does not answer; wait until it has started or ended",
        dir.path().display()
    )))
}

/// Where a server would listen that has never run here.
fn local_url(config: &Config) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", config.listen)
}

fn print_json(response: &Response) -> Result<(), Failure> {
    match response {
        Response::PersonAdded(added) => output::document(added),
        Response::FollowerAdded(added) => output::document(added),
        Response::People(people) => output::document(&serde_json::json!({ "people": people })),
        Response::Followers(followers) => output::document(&serde_json::json!({ "followers": followers })),
        Response::PersonRemoved(removed) | Response::FollowRemoved(removed) => output::document(removed),
        Response::CheckedUp(check_up) => output::document(check_up),
        Response::Refused(sentence) => Err(Failure::fault(sentence.clone())),
    }
}

fn print(response: &Response) {
    match response {
        Response::PersonAdded(added) => print_person(added),
        Response::FollowerAdded(added) => print_follower(added),
        Response::People(people) => print_people(people),
        Response::Followers(followers) => print_followers(followers),
        Response::PersonRemoved(Removed { removed, name }) => {
            output::line(&format!(
                "{name} ({removed}) and all her readings are forgotten. Her phone's uploads are refused from now on."
            ));
        }
        Response::FollowRemoved(Removed { removed, name }) => {
            output::line(&format!("{name}'s follow {removed} has ended, on every device."));
        }
        // A check-up is the doctor's to tell, and a refusal was an error before it came here.
        Response::CheckedUp(_) | Response::Refused(_) => {}
    }
}

fn print_person(added: &AddedPerson) {
    let AddedPerson { person, family, name, time_zone, unit, owner_invitation_url, publish } = added;
    let zone_hint = if time_zone == "UTC" { " (another with --time-zone)" } else { "" };
    output::line(&format!("{name} is added: {person}, family {family}, {unit}, time zone {time_zone}{zone_hint}."));
    output::line("\nOn the phone that sends her readings, one of these is enough:\n");
    output::line("xDrip+, Juggluco, Loop, Trio and others that upload to Nightscout");
    output::line(&format!("  address     {}", publish.nightscout_url));
    output::line(&format!("  API secret  {}", publish.nightscout_api_secret));
    output::line("\nApps that upload to Dexcom Share, where they let you type the server");
    output::line(&format!("  server      {}", publish.nightscout_url));
    output::line(&format!("  name        {}", publish.share_username));
    output::line(&format!("  password    {}", publish.share_password));
    output::line("\nOur own API (described at /api/openapi.json)");
    output::line(&format!("  token       {}", publish.token));
    output::line("\nHer owner looks here; the link lets in 5 devices within 72 hours:");
    output::line(&format!("  {owner_invitation_url}"));
    output::line("\nThese secrets are shown this once. Next: keepwatch follower add NAME --person ...");
}

fn print_follower(added: &AddedFollower) {
    let AddedFollower { follow, account, name, person_name, invitation_url, read, .. } = added;
    output::line(&format!("{name} may follow {person_name}: {follow}, account {account}."));
    output::line("\nSend this link, or let them photograph it. It lets in 5 devices within 72 hours:");
    output::line(&format!("  {invitation_url}\n"));
    if let Some(picture) = qr::drawn(invitation_url, output::is_terminal()) {
        output::write_out(&picture);
    }
    output::line("\nIn an app that they already have:\n");
    output::line(
        "Dexcom Share followers (pydexcom, xDrip+ follow, Loop, Home Assistant), where they let you type the server",
    );
    output::line(&format!("  server    {}", read.nightscout_url));
    output::line(&format!("  name      {}", read.share_username));
    output::line(&format!("  password  {}", read.share_password));
    output::line("\nNightscout clients (LoopFollow, nightscout-connect and others)");
    output::line(&format!("  address   {}", read.nightscout_url));
    output::line(&format!("  token     {}", read.nightscout_token));
    output::line("\nOur own API, for everyone whom this account follows");
    output::line(&format!("  token     {}", read.token));
    output::line("\nThese secrets are shown this once.");
}

fn print_people(people: &[ListedPerson]) {
    if people.is_empty() {
        output::line("There is nobody on this server yet. Add somebody with: keepwatch person add NAME --data DIR");
    }
    for person in people {
        let ListedPerson { person: id, name, family_name, unit, time_zone, followers, .. } = person;
        output::line(&format!("{id}  {name}  ({family_name}, {unit}, {time_zone}, {followers} following)"));
    }
}

fn print_followers(followers: &[ListedFollower]) {
    if followers.is_empty() {
        output::line(
            "Nobody follows yet. Invite somebody with: keepwatch follower add NAME --person PERSON --data DIR",
        );
    }
    for follower in followers {
        let ListedFollower { follow, account, name, person_name, devices, .. } = follower;
        output::line(&format!("{follow}  {name} ({account}, {devices} devices) follows {person_name}"));
    }
}
