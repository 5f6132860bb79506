//! Dexcom Share over a real socket: what uploaders and followers' clients send, and exactly what they get back.

mod server;

use insta::assert_snapshot;
use keepwatch_journal::faulty::Fault;
use keepwatch_model::sharing::{Caller, Power};
use serde_json::{Value, json};
use server::{Answer, NOW, Server};

const ACCOUNT: &str = "d89443d2-327c-4a6f-89e5-496bbb0317db";

struct Client<'a> {
    server: &'a Server,
    session: String,
}

async fn post(server: &Server, operation: &str, body: &str) -> Answer {
    let target = format!("/ShareWebServices/Services/{operation}");
    server
        .ask("POST", &target, &[("content-type", "application/json"), ("accept", "application/json")], body.as_bytes())
        .await
}

fn login(name: &str, password: &str) -> String {
    json!({"accountName": name, "password": password, "applicationId": ACCOUNT}).to_string()
}

async fn session(server: &Server, name: &str, password: &str) -> String {
    let answer = post(server, "General/LoginPublisherAccountByName", &login(name, password)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.trim_matches('"').to_owned()
}

impl<'a> Client<'a> {
    async fn uploader(server: &'a Server) -> Self {
        let session = session(server, &server.publish.share_user_name, &server.publish.share_password).await;
        Self { server, session }
    }

    async fn follower(server: &'a Server) -> Self {
        let session = session(server, &server.read.share_user_name, &server.read.share_password).await;
        Self { server, session }
    }

    async fn ask(&self, operation: &str, query: &str, body: &str) -> Answer {
        post(self.server, &format!("{operation}?sessionId={}{query}", self.session), body).await
    }

    async fn upload(&self, records: &[Value]) -> Answer {
        let body = json!({"SN": "SM12345678", "Egvs": records, "TA": -5}).to_string();
        self.ask("Publisher/PostReceiverEgvRecords", "", &body).await
    }

    async fn read(&self, minutes: i64, count: i64) -> Answer {
        let query = format!("&minutes={minutes}&maxCount={count}");
        self.ask("Publisher/ReadPublisherLatestGlucoseValues", &query, "").await
    }
}

fn record(minutes_ago: i64, value: i64, trend: i64) -> Value {
    let date = format!("/Date({})/", NOW.as_ms() - minutes_ago * 60_000);
    json!({"Trend": trend, "Value": value, "ST": date, "DT": date})
}

fn values(answer: &Answer) -> Vec<i64> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().as_array().expect("a list").iter().filter_map(|record| record["Value"].as_i64()).collect()
}

fn code(answer: &Answer) -> String {
    let body = answer.json();
    let members = body.as_object().expect("an object");
    assert!(members.values().all(Value::is_string), "every member is a text: {body}");
    assert_eq!(members.keys().collect::<Vec<_>>(), ["Code", "Message", "SubCode", "TypeName"]);
    members["Code"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn the_two_steps_of_a_login() {
    let server = Server::start().await;
    let body = login(&server.publish.share_user_name, &server.publish.share_password);
    let account = post(&server, "General/AuthenticatePublisherAccount", &body).await;
    let id = account.body.trim_matches('"');
    assert_snapshot!("account_id", account.shown().replace(id, "UUID"));
    let body = json!({"accountId": id.to_uppercase(), "password": server.publish.share_password}).to_string();
    let session = post(&server, "General/LoginPublisherAccountById", &body).await;
    assert_snapshot!("session_id", session.shown().replace(session.body.trim_matches('"'), "UUID"));
    assert_eq!((id.len(), session.body.len()), (36, 38));
    let subscriber = post(&server, "General/LoginSubscriberAccount", &body).await;
    assert_eq!(subscriber.body, session.body);
}

#[tokio::test]
async fn an_upload_is_read_back_by_a_follower() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    let uploaded = uploader.upload(&[record(10, 224, 4), record(5, 39, 7), record(0, 401, 8)]).await;
    assert_snapshot!("uploaded", uploaded.shown());
    let follower = Client::follower(&server).await;
    assert_snapshot!("read", follower.read(1440, 288).await.shown());
    assert_eq!(values(&follower.read(10, 1).await), [401]);
    assert_eq!(values(&follower.read(6, 288).await), [401, 39]);
    assert_eq!(values(&uploader.read(1440, 288).await), [401, 39, 224]);
}

#[tokio::test]
async fn larger_wishes_are_cut_down_and_nothing_is_an_empty_list() {
    let server = Server::start().await;
    let follower = Client::follower(&server).await;
    assert_snapshot!("nothing", follower.read(1440, 288).await.shown());
    Client::uploader(&server).await.upload(&[record(1_439, 100, 4), record(0, 120, 4)]).await;
    assert_eq!(values(&follower.read(2_880, 576).await), [120, 100]);
    assert_eq!(values(&follower.read(129_600, 99_999).await), [120, 100]);
    for (minutes, count) in [(0, 0), (0, 288), (1_440, 0), (-5, 288)] {
        assert_eq!(follower.read(minutes, count).await.body, "[]");
    }
    let bare = follower.ask("Publisher/ReadPublisherLatestGlucoseValues", "", "").await;
    assert_eq!(values(&bare), [120, 100]);
    let odd = follower.ask("Publisher/ReadPublisherLatestGlucoseValues", "&minutes=soon", "").await;
    assert_snapshot!("not_a_number", odd.shown());
}

#[tokio::test]
async fn parameters_may_stand_anywhere_and_be_written_anyhow() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    uploader.upload(&[record(0, 120, 4)]).await;
    let path = "/ShareWebServices/Services/Publisher/ReadPublisherLatestGlucoseValues";
    let session = &uploader.session;
    let in_query = format!("{path}?sessionID={session}&MINUTES=1440&maxcount=1");
    let body = json!({"sessionId": session, "minutes": 1440, "maxCount": 1}).to_string();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let odd = ("accept-encoding", "application/json");
    for answer in [
        server.ask("POST", &in_query, &[], b"").await,
        server.ask("POST", &in_query, &[form], b"").await,
        server.ask("POST", &in_query, &[odd, ("content-type", "text/plain")], b"{}").await,
        server.ask("GET", &in_query, &[], b"").await,
        server.ask("POST", path, &[("content-type", "application/json")], body.as_bytes()).await,
    ] {
        assert_eq!(values(&answer), [120]);
    }
}

#[tokio::test]
async fn a_bad_record_never_sinks_the_good() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    let ahead = record(-70, 120, 4);
    let batch =
        [record(10, 100, 4), record(5, 5, 4), ahead.clone(), json!({"Value": 3}), record(0, 700, 4), record(1, 110, 4)];
    assert_eq!(uploader.upload(&batch).await.shown(), "200\ncache-control: no-store\n\n");
    assert_eq!(values(&uploader.read(1440, 288).await), [110, 100]);
    assert_snapshot!("all_refused", uploader.upload(&[ahead]).await.shown());
    assert_eq!(code(&uploader.upload(&[record(5, 5, 4), record(4, 700, 4)]).await), "InvalidArgument");
}

#[tokio::test]
async fn what_is_known_already_is_said_only_of_a_whole_batch() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    uploader.upload(&[record(5, 100, 4)]).await;
    assert_snapshot!("duplicate", uploader.upload(&[record(5, 100, 4)]).await.shown());
    // Through this dialect another value under a known key is no correction.
    assert_eq!(code(&uploader.upload(&[record(5, 250, 4)]).await), "DuplicateEgvPosted");
    assert_eq!(uploader.upload(&[record(5, 100, 4), record(0, 110, 4)]).await.status, 200);
    assert_eq!(uploader.upload(&[record(5, 100, 4), record(0, 5, 4)]).await.status, 200);
    assert_eq!(values(&uploader.read(1440, 288).await), [110, 100]);
    assert_eq!(uploader.upload(&[]).await.shown(), "200\ncache-control: no-store\n\n");
}

#[tokio::test]
async fn what_was_withdrawn_stays_away_and_its_uploader_is_content() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    uploader.upload(&[record(5, 100, 4), record(0, 110, 4)]).await;
    let (access, person) = (&server.service.access, server.person.id);
    let permit = access.permit(Caller::Publisher(person), Power::Publish, person).expect("her own program may");
    let reading = server.service.readings.latest(&permit).reading.expect("there is one");
    let withdrawn = server.service.intake.withdraw(&permit, reading.source, reading.measured_at).await;
    assert_eq!(withdrawn, Ok(true));
    assert_eq!(code(&uploader.upload(&[record(5, 100, 4), record(0, 110, 4)]).await), "DuplicateEgvPosted");
    assert_eq!(values(&uploader.read(1440, 288).await), [100]);
}

#[tokio::test]
async fn a_name_is_taken_as_a_phone_writes_it() {
    let server = Server::start().await;
    let name = format!(" {} ", server.read.share_user_name.to_uppercase());
    let session = session(&server, &name, &server.read.share_password).await;
    assert_eq!(session.len(), 36);
}

#[tokio::test]
async fn whoever_reads_may_not_upload() {
    let server = Server::start().await;
    let follower = Client::follower(&server).await;
    assert_snapshot!("read_only", follower.upload(&[record(0, 100, 4)]).await.shown());
    assert_eq!(
        code(&follower.ask("Publisher/StartRemoteMonitoringSession", "&serialNumber=X", "").await),
        "PublishNotAllowed"
    );
    assert_eq!(code(&follower.ask("Publisher/ListPublisherAccountSubscriptions", "", "").await), "PublishNotAllowed");
    assert_eq!(follower.read(1440, 288).await.body, "[]");
}

#[tokio::test]
async fn sessions_that_open_nothing() {
    let server = Server::start().await;
    let read = "Publisher/ReadPublisherLatestGlucoseValues";
    assert_snapshot!("no_session", post(&server, read, "").await.shown());
    for session in ["00000000-0000-0000-0000-000000000000", "no", ACCOUNT] {
        assert_eq!(code(&post(&server, &format!("{read}?sessionId={session}"), "").await), "SessionIdNotFound");
    }
    let follower = Client::follower(&server).await;
    server.clock.advance_ms(48 * 3_600_000);
    assert_eq!(follower.read(10, 1).await.status, 200);
    server.clock.advance_ms(24 * 3_600_000);
    assert_snapshot!("session_over", follower.read(10, 1).await.shown());
}

#[tokio::test]
async fn a_follow_that_ended_ends_its_sessions() {
    let server = Server::start().await;
    let follower = Client::follower(&server).await;
    server.service.sharing.remove_follow(server.follow.follow.id).await.expect("it ends");
    assert_eq!(code(&follower.read(10, 1).await), "SessionIdNotFound");
    let body = login(&server.read.share_user_name, &server.read.share_password);
    assert_eq!(code(&post(&server, "General/LoginPublisherAccountByName", &body).await), "AccountPasswordInvalid");
}

#[tokio::test]
async fn wrong_passwords_slow_down_whoever_guesses_and_nobody_else() {
    let server = Server::start().await;
    let name = &server.publish.share_user_name;
    let wrong = login(name, "guess");
    let by_name = "General/LoginPublisherAccountByName";
    assert_snapshot!("wrong_password", post(&server, by_name, &wrong).await.shown());
    let unknown = post(&server, by_name, &login("nobody", "guess")).await;
    assert_eq!(unknown.body, post(&server, by_name, &wrong).await.body);
    for _ in 0..3 {
        post(&server, "General/AuthenticatePublisherAccount", &wrong).await;
    }
    assert_snapshot!("too_many", post(&server, by_name, &wrong).await.shown());
    assert_eq!(post(&server, by_name, &login(name, &server.publish.share_password)).await.status, 200);
    assert_eq!(code(&post(&server, by_name, &login("nobody", "guess")).await), "AccountPasswordInvalid");
    server.clock.advance_ms(10_000);
    assert_eq!(code(&post(&server, by_name, &wrong).await), "AccountPasswordInvalid");
}

#[tokio::test]
async fn a_login_that_cannot_be_read_says_which_part() {
    let server = Server::start().await;
    for (operation, body, word) in [
        ("General/LoginPublisherAccountByName", "", "accountName"),
        ("General/LoginPublisherAccountByName", r#"{"accountName":"x"}"#, "password"),
        ("General/LoginPublisherAccountById", r#"{"accountId":"x","password":"y"}"#, "UUID"),
        ("General/AuthenticatePublisherAccount", r#"{"accountName":null,"password":"y"}"#, "accountName"),
    ] {
        let answer = post(&server, operation, body).await;
        assert_eq!((answer.status, code(&answer).as_str()), (500, "InvalidArgument"));
        assert!(answer.json()["Message"].as_str().expect("a text").contains(word), "{}", answer.body);
    }
    let zero = json!({"accountId": "00000000-0000-0000-0000-000000000000", "password": "y"}).to_string();
    assert_eq!(code(&post(&server, "General/LoginPublisherAccountById", &zero).await), "AccountPasswordInvalid");
}

#[tokio::test]
async fn an_uploader_is_always_assigned_and_always_active() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    let ask =
        async |operation: &str, query: &str| uploader.ask(&format!("Publisher/{operation}"), query, "").await.shown();
    assert_snapshot!("active", ask("IsRemoteMonitoringSessionActive", "").await);
    assert_snapshot!("started", ask("StartRemoteMonitoringSession", "&serialNumber=SM00000000/").await);
    assert_snapshot!("assigned", ask("CheckMonitoredReceiverAssignmentStatus", "&serialNumber=80FABC").await);
    assert_snapshot!("replaced", ask("ReplacePublisherAccountMonitoredReceiver", "&serialNumber=80FABC").await);
    assert_snapshot!("stopped", ask("StopRemoteMonitoringSession", "").await);
    let body = json!({"sessionId": uploader.session, "runtimeInfo": {"AppName": "x"}}).to_string();
    let runtime = post(&server, "Publisher/UpdatePublisherAccountRuntimeInfo", &body).await;
    assert_eq!((runtime.status, runtime.body.as_str()), (200, ""));
}

#[tokio::test]
async fn followers_are_listed_and_not_changed_here() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    let list = uploader.ask("Publisher/ListPublisherAccountSubscriptions", "", "").await;
    let names: Vec<Value> =
        list.json().as_array().expect("a list").iter().map(|one| one["ContactName"].clone()).collect();
    assert_eq!(names, ["Ada's owner", "Grandma"]);
    let exists = uploader.ask("Publisher/DoesContactExistByName", "&contactName=Grandma", "").await;
    assert_eq!((exists.status, exists.body.as_str()), (200, "true"));
    assert_snapshot!("not_offered", uploader.ask("Publisher/CreateContact", "&contactName=Eve", "").await.shown());
    for operation in ["Publisher/DeleteContact", "General/PauseSubscription", "Subscriber/ReadEvents"] {
        assert_eq!(code(&uploader.ask(operation, "", "").await), "OperationNotSupported");
    }
}

#[tokio::test]
async fn the_clock_is_told_in_json_and_xml() {
    let server = Server::start().await;
    let path = "/ShareWebServices/Services/General/SystemUtcTime";
    assert_snapshot!("clock_json", server.ask("GET", path, &[("accept", "application/json")], b"").await.shown());
    assert_snapshot!("clock_xml", server.ask("GET", path, &[], b"").await.shown());
}

#[tokio::test]
async fn a_store_that_refuses_is_a_passing_fault_and_no_matter_of_passwords() {
    let server = Server::start().await;
    let (uploader, follower) = (Client::uploader(&server).await, Client::follower(&server).await);
    uploader.upload(&[record(5, 100, 4)]).await;
    server.faults.fail(Fault::Full);
    let refused = uploader.upload(&[record(0, 110, 4)]).await;
    assert_snapshot!("unavailable", refused.shown());
    assert_eq!(code(&refused), "ServiceUnavailable");
    // Followers see it all the same, and the uploader brings it again.
    assert_eq!(values(&follower.read(1440, 288).await), [110, 100]);
    server.faults.heal();
    assert_eq!(uploader.upload(&[record(0, 110, 4)]).await.status, 200);
    assert_eq!(values(&follower.read(1440, 288).await), [110, 100]);
}

#[tokio::test]
async fn a_clock_that_runs_ahead_is_not_believed() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    assert_eq!(uploader.upload(&[record(-30, 100, 4)]).await.status, 200);
    let read = uploader.read(1440, 288).await;
    assert_eq!(read.json()[0]["WT"], format!("Date({})", NOW.as_ms()));
}

#[tokio::test]
async fn the_recorded_shapes_of_uploaders_are_taken() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    for (name, body) in [
        ("xdrip", include_str!("../../../testdata/wire/dexcom_share/xdrip.json")),
        ("xdripswift", include_str!("../../../testdata/wire/dexcom_share/xdripswift.json")),
        ("spike", include_str!("../../../testdata/wire/dexcom_share/spike.json")),
        ("g7sensorkit", include_str!("../../../testdata/wire/dexcom_share/g7sensorkit.json")),
    ] {
        let answer = uploader.ask("Publisher/PostReceiverEgvRecords", "", body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{name}");
    }
    assert_snapshot!("recorded_shapes", uploader.read(1440, 288).await.body.replace("},{", "},\n{"));
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_refused_in_the_dialect() {
    let server = Server::start().await;
    let uploader = Client::uploader(&server).await;
    let many: Vec<Value> = (0..2_881).map(|minutes| record(minutes, 100, 4)).collect();
    assert_eq!(code(&uploader.upload(&many).await), "InvalidArgument");
    let long = format!(r#"{{"Egvs":[],"x":"{}"}}"#, "x".repeat(600_000));
    let answer = uploader.ask("Publisher/PostReceiverEgvRecords", "", &long).await;
    assert_eq!((answer.status, code(&answer).as_str()), (413, "InvalidArgument"));
    for body in ["", "[]", "{\"Egvs\":", "\u{0}"] {
        assert_eq!(code(&uploader.ask("Publisher/PostReceiverEgvRecords", "", body).await), "InvalidArgument");
    }
}
