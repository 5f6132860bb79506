//! Readings out over HTTP: the newest of a person, and her last 24 hours, beside a server that answers with as many bytes.

use crate::connection::Connection;
use crate::load::{Asked, load};
use crate::options::Span;
use crate::pinned::Server;
use crate::requests::{get, questions};
use crate::scratch;
use crate::seed::{Wanted, fill};
use crate::table::Measured;

const CONNECTIONS: usize = 64;
const WANTED: Wanted = Wanted { people: 512, watched: 512, followers_of_first: 0, folded: true };

/// Both questions, each by the followers of 512 people.
pub(crate) async fn measure(span: Span, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Measured>, String> {
    let directory = scratch::directory()?;
    let people = fill(directory.path(), WANTED).await?;
    let server = Server::keepwatch(directory.path())?;
    let mut all = Vec::new();
    for (what, path) in [("read_latest", "latest"), ("read_288", "readings")] {
        if !wanted(what) {
            continue;
        }
        let asks: Vec<Vec<u8>> =
            people.iter().map(|p| get(&format!("/api/people/{}/{path}", p.id), &p.followers[0])).collect();
        let bytes = Connection::open(server.address).await?.ask(&asks[0]).await?.len();
        let limit = Server::part(&["fixed", &bytes.to_string()])?;
        let asked = |server: &Server| Asked { address: server.address, pid: server.pid(), body_begins: b"" };
        let (mut answers, mut processor) = (Measured::new(what), Measured::new(format!("{what}_cpu")));
        for _ in 0..span.rounds {
            let ours = load(asked(&server), questions(&asks, CONNECTIONS), span.seconds).await?;
            let limit = load(asked(&limit), questions(&asks, CONNECTIONS), span.seconds).await?;
            answers.add(ours.per_second, limit.per_second);
            processor.add(ours.processor_us, limit.processor_us);
        }
        all.extend([answers, processor]);
    }
    Ok(all)
}
