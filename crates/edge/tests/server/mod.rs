//! A whole server on a real socket: store in memory that fails on request, a clock that stands, chance from a seed, one
//! person with an uploader and one follower. And a client that writes requests byte by byte, so that nothing is added.
#![allow(dead_code, reason = "each test file uses its part")]

use keepwatch_edge::http::Limits;
use keepwatch_edge::{Options, State, router, serve};
use keepwatch_journal::faulty::{Faults, faulty};
use keepwatch_journal::sqlite::Store;
use keepwatch_model::family::Person;
use keepwatch_model::glucose::Unit;
use keepwatch_model::time::Timestamp;
use keepwatch_service::Service;
use keepwatch_service::clock::{SeededChance, TestClock};
use keepwatch_service::secret::Key;
use keepwatch_service::service::Parts;
use keepwatch_service::sharing::{FollowAdded, NewPerson, PublishSecrets, ReadSecrets, Who};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// 2025-11-24T16:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

pub(crate) struct Server {
    pub(crate) service: Service,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) faults: Faults,
    pub(crate) person: Person,
    pub(crate) publish: PublishSecrets,
    pub(crate) follow: FollowAdded,
    pub(crate) read: ReadSecrets,
    pub(crate) address: SocketAddr,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|cause| panic!("{cause}: {}", self.body))
    }

    /// Status, the headers on which a client may rely, and the body.
    pub(crate) fn shown(&self) -> String {
        let mut shown = format!("{}\n", self.status);
        for name in ["content-type", "cache-control", "retry-after"] {
            if let Some(value) = self.header(name) {
                let _ = writeln!(shown, "{name}: {value}");
            }
        }
        format!("{shown}\n{}", self.body)
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let (journal, records) = Store::in_memory().expect("memory is there");
        let (journal, records, faults) = faulty(Box::new(journal), Arc::new(records), |_| ());
        let clock = Arc::new(TestClock::at(NOW));
        let parts = Parts {
            journal: Box::new(journal),
            records: Arc::new(records),
            clock: clock.clone(),
            chance: Arc::new(SeededChance::new(1)),
            key: Key::new(&[7; 32]),
        };
        let service = Service::start(parts).expect("it starts");
        let new = NewPerson {
            name: "Ada".to_owned(),
            family: None,
            unit: Unit::MgDl,
            time_zone: "Europe/Berlin".to_owned(),
            demo: false,
        };
        let added = service.sharing.add_person(new).await.expect("a person can be added");
        let who = Who::Named("Grandma".to_owned());
        let follow = service.sharing.add_follower(added.person.id, who).await.expect("a follower can be added");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let options = Arc::new(Options::at(&format!("http://{address}")));
        let routes = router(State { service: service.clone(), options: Arc::clone(&options) });
        tokio::spawn(serve(listener, None, routes, options, Limits::default(), std::future::pending()));
        let read = follow.read.clone();
        Self { service, clock, faults, person: added.person, publish: added.publish, follow, read, address }
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if method != "GET" {
            let _ = write!(request, "content-length: {}\r\n", body.len());
        }
        request.push_str("\r\n");
        let mut socket = TcpStream::connect(self.address).await.expect("the server listens");
        socket.write_all(request.as_bytes()).await.expect("the server reads");
        socket.write_all(body).await.expect("the server reads");
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).await.expect("the server answers");
        answer(&bytes)
    }
}

fn answer(bytes: &[u8]) -> Answer {
    let text = String::from_utf8(bytes.to_vec()).expect("an answer in UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer has a head: {text}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    assert!(!chunked, "answers of these dialects are small and whole");
    Answer { status: status.expect("a status"), headers, body: body.to_owned() }
}
