//! Readings in over HTTP, each acknowledged after it is durable, beside a server that parses the same bytes and drops them.

use crate::load::{Asked, load};
use crate::options::{Shape, Span};
use crate::pinned::Server;
use crate::requests::uploads;
use crate::scratch;
use crate::seed::{Wanted, fill};
use crate::table::Measured;

const CONNECTIONS: usize = 256;
/// Eight for each connection, in turn.
const WANTED: Wanted = Wanted { people: 2_048, watched: 0, followers_of_first: 0, folded: true };
/// What our own API answers when the one reading was new.
const ACCEPTED: &str = r#"{"accepted":1,"known":0,"corrected":0,"refused":0,"items":[{"outcome":"accepted"}]}"#;

/// Both doors.
pub(crate) async fn measure(span: Span, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Measured>, String> {
    let mut all = Vec::new();
    for (shape, what, answer) in [(Shape::Native, "ingest_native", ACCEPTED), (Shape::Share, "ingest_share", "")] {
        if !wanted(what) {
            continue;
        }
        let directory = scratch::directory()?;
        let people = fill(directory.path(), WANTED).await?;
        let (server, limit) =
            (Server::keepwatch(directory.path())?, Server::part(&["parse-and-drop", shape.word(), answer])?);
        let asked = |server: &Server| Asked {
            address: server.address,
            pid: server.pid(),
            // A known reading would cost no commit: that must not happen unnoticed.
            body_begins: &answer.as_bytes()[..answer.len().min(13)],
        };
        let (mut posts, mut processor) = (Measured::new(what), Measured::new(format!("{what}_cpu")));
        for _ in 0..span.rounds {
            let ours = load(asked(&server), uploads(&people, shape, CONNECTIONS), span.seconds).await?;
            let limit = load(asked(&limit), uploads(&people, shape, CONNECTIONS), span.seconds).await?;
            posts.add(ours.per_second, limit.per_second);
            processor.add(ours.processor_us, limit.processor_us);
        }
        all.extend([posts, processor]);
    }
    Ok(all)
}
