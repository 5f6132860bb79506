//! Requests as bytes, made once; what changes from one to the next (moment and value) is written over in place.

use crate::options::Shape;
use crate::seed::{SERIAL, Someone};
use keepwatch_service::clock::{Clock, SystemClock};

/// Where a moment of 13 digits will stand.
const MOMENT: &[u8] = b"1111111111111";
/// Where a value of three digits will stand.
const VALUE: &[u8] = b"999";

/// Makes the next request of a connection.
pub(crate) type Next = Box<dyn FnMut(&mut Vec<u8>) + Send>;

/// A request for one person with its places for moment and value.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    bytes: Vec<u8>,
    moments: Vec<usize>,
    value: usize,
    last_ms: i64,
}

fn found(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    (0..bytes.len().saturating_sub(text.len() - 1)).filter(|at| bytes[*at..].starts_with(text)).collect()
}

fn write_digits(place: &mut [u8], mut number: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl Upload {
    /// One reading of this person.
    pub(crate) fn of(someone: &Someone, shape: Shape) -> Self {
        let (moment, value) = (String::from_utf8_lossy(MOMENT), String::from_utf8_lossy(VALUE));
        let (path, authorization, body) = match shape {
            Shape::Native => (
                format!("/api/people/{}/readings", someone.id),
                format!("Authorization: Bearer {}\r\n", someone.token),
                format!(r#"{{"readings":[{{"measured_at":{moment},"mg_dl":{value},"trend":"flat"}}]}}"#),
            ),
            Shape::Share => (
                format!(
                    "/ShareWebServices/Services/Publisher/PostReceiverEgvRecords?sessionId={}",
                    someone.share_session
                ),
                String::new(),
                format!(
                    r#"{{"Egvs":[{{"DT":"/Date({moment}+0100)/","ST":"/Date({moment})/","Trend":4,"Value":{value},"WT":"/Date({moment})/"}}],"SN":"{SERIAL}","TA":-3600000}}"#
                ),
            ),
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let first = head.len();
        let bytes = [head.into_bytes(), body.into_bytes()].concat();
        let in_body = |text| found(&bytes[first..], text).into_iter().map(|at| at + first).collect::<Vec<_>>();
        let (moments, value) = (in_body(MOMENT), in_body(VALUE)[0]);
        Self { bytes, moments, value, last_ms: 0 }
    }

    /// The next reading: measured now, and never at the same moment as the one before.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        let now_ms = SystemClock.now().as_ms().max(self.last_ms + 1);
        self.last_ms = now_ms;
        for at in &self.moments {
            write_digits(&mut self.bytes[*at..*at + MOMENT.len()], now_ms);
        }
        write_digits(&mut self.bytes[self.value..self.value + VALUE.len()], 100 + now_ms % 120);
        out.clear();
        out.extend_from_slice(&self.bytes);
    }
}

/// What each connection sends: readings of its own people in turn.
pub(crate) fn uploads(people: &[Someone], shape: Shape, connections: usize) -> Vec<Next> {
    (0..connections)
        .map(|connection| {
            let own = people.iter().skip(connection).step_by(connections);
            let mut uploads: Vec<Upload> = own.map(|someone| Upload::of(someone, shape)).collect();
            let mut turn = 0;
            let next: Next = Box::new(move |out: &mut Vec<u8>| {
                turn = (turn + 1) % uploads.len();
                uploads[turn].write(out);
            });
            next
        })
        .collect()
}

/// A question as a follower's program asks it.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// What each connection asks: the questions in turn, each connection beginning elsewhere.
pub(crate) fn questions(questions: &[Vec<u8>], connections: usize) -> Vec<Next> {
    (0..connections)
        .map(|connection| {
            let questions = questions.to_vec();
            let mut turn = connection * questions.len() / connections;
            let next: Next = Box::new(move |out: &mut Vec<u8>| {
                turn = (turn + 1) % questions.len();
                out.clear();
                out.extend_from_slice(&questions[turn]);
            });
            next
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_written_over_in_place() {
        let someone = Someone {
            id: "p_1".to_owned(),
            token: "999".to_owned(),
            share_session: "s".to_owned(),
            followers: Vec::new(),
        };
        for shape in [Shape::Native, Shape::Share] {
            let (mut upload, mut first, mut second) = (Upload::of(&someone, shape), Vec::new(), Vec::new());
            upload.write(&mut first);
            upload.write(&mut second);
            assert_eq!(first.len(), second.len());
            assert_ne!(first, second, "each has a moment of its own");
            let text = String::from_utf8(second).expect("text");
            let (_, body) = text.split_once("\r\n\r\n").expect("a body");
            assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{body}");
            assert!(!body.contains("1111111111111"));
        }
    }
}
