//! The servers beside which ours stands: they do what cannot be left out, and nothing else. One thread each.

use crate::options::Shape;
use crate::pinned::LISTENING;
use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use http_body::Frame;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Events that wait for one stream.
const EVENTS_WAITING: usize = 4;
/// How an event begins, here as with us.
pub(crate) const EVENT_BEGINS: &str = "event: entry";

/// An upload of our own API.
#[derive(Deserialize)]
struct NativeUpload {
    readings: Vec<NativeReading>,
}

#[derive(Deserialize)]
struct NativeReading {
    measured_at: i64,
    mg_dl: f64,
    trend: Option<String>,
}

/// An upload of the Share dialect.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShareUpload {
    egvs: Vec<ShareReading>,
    #[serde(rename = "SN")]
    serial: String,
    #[serde(rename = "TA")]
    _ahead: IgnoredAny,
}

#[derive(Deserialize)]
struct ShareReading {
    #[serde(rename = "ST")]
    measured_at: String,
    #[serde(rename = "DT")]
    displayed_at: String,
    #[serde(rename = "WT")]
    written_at: String,
    #[serde(rename = "Value")]
    value: f64,
    #[serde(rename = "Trend")]
    trend: i64,
}

async fn listener() -> Result<TcpListener, String> {
    let could_not = |cause: std::io::Error| format!("could not listen: {cause}");
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(could_not)?;
    println!("{LISTENING}{}", listener.local_addr().map_err(could_not)?);
    Ok(listener)
}

async fn serve(router: Router) -> Result<(), String> {
    use axum::serve::ListenerExt;
    let listener = listener().await?.tap_io(|stream| {
        // As ours does: an answer must leave at once.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await.map_err(|cause| format!("could not serve: {cause}"))
}

fn json(body: Bytes) -> Response {
    let mut answer = Response::new(Body::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    answer
}

fn drop_native(axum::Json(upload): &axum::Json<NativeUpload>) {
    for reading in &upload.readings {
        std::hint::black_box((reading.measured_at, reading.mg_dl, reading.trend.as_deref()));
    }
}

fn drop_share(axum::Json(upload): &axum::Json<ShareUpload>) {
    for reading in &upload.egvs {
        let texts = [&reading.measured_at, &reading.displayed_at, &reading.written_at];
        std::hint::black_box((texts.map(String::len), reading.value, reading.trend));
    }
    std::hint::black_box(upload.serial.len());
}

/// Parses an upload, drops it, and answers.
pub(crate) async fn parse_and_drop(shape: Shape, answer: String) -> Result<(), String> {
    let answer = Bytes::from(answer);
    let router = Router::new();
    serve(match shape {
        Shape::Native => router.fallback(any(move |upload| {
            drop_native(&upload);
            std::future::ready(json(answer.clone()))
        })),
        Shape::Share => router.fallback(any(move |upload| {
            drop_share(&upload);
            std::future::ready(json(answer.clone()))
        })),
    })
    .await
}

/// Answers with so many bytes.
pub(crate) async fn fixed(bytes: usize) -> Result<(), String> {
    let body = Bytes::from(vec![b'x'; bytes]);
    serve(Router::new().fallback(any(move || std::future::ready(json(body.clone()))))).await
}

/// A body that sends what comes out of a queue.
struct Queue(mpsc::Receiver<Bytes>);

impl http_body::Body for Queue {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

type Streams = Arc<Mutex<Vec<mpsc::Sender<Bytes>>>>;

fn broadcast_answer(is_push: bool, streams: &Streams, event: &Bytes) -> hyper::Response<Queue> {
    let (sender, receiver) = mpsc::channel(EVENTS_WAITING);
    let mut open = streams.lock().expect("no holder panics");
    if is_push {
        open.retain(|stream| stream.try_send(event.clone()).is_ok());
        let mut answer = hyper::Response::new(Queue(receiver));
        answer.headers_mut().insert(hyper::header::CONTENT_LENGTH, 0.into());
        return answer;
    }
    // A new stream hears at once that it is open, as with us.
    let _ = sender.try_send(Bytes::from_static(b"event: now\ndata: {}\n\n"));
    open.push(sender);
    let mut answer = hyper::Response::new(Queue(receiver));
    answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/event-stream"));
    answer
}

/// Holds streams (GET) and sends the same event of so many bytes to all of them (POST).
pub(crate) async fn broadcast(bytes: usize) -> Result<(), String> {
    let mut event = format!("{EVENT_BEGINS}\ndata: ");
    while event.len() + 2 < bytes {
        event.push('x');
    }
    let event = Bytes::from(event + "\n\n");
    let streams = Streams::default();
    let listener = listener().await?;
    loop {
        let (socket, _) = listener.accept().await.map_err(|cause| format!("could not accept: {cause}"))?;
        let _ = socket.set_nodelay(true);
        let (streams, event) = (Arc::clone(&streams), event.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let is_push = request.method() == hyper::Method::POST;
            std::future::ready(Ok::<_, Infallible>(broadcast_answer(is_push, &streams, &event)))
        });
        tokio::spawn(async move {
            // A stream that its reader ends is no failure.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
