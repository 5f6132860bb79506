//! Routes and their description in one place: what is described is what answers.

use super::live::{self, Streams};
use super::routes;
use super::wire;
use crate::State;
use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keepwatch",
        description = "Sensor glucose of people whom you follow or send readings for. A second look, not for dosing decisions. \
            Send `Authorization: Bearer TOKEN`. Times are milliseconds since 1970 in UTC, glucose is mg/dL. \
            Members are only ever added."
    ),
    components(schemas(wire::LiveEntry, wire::LiveContact, wire::LiveEnded, wire::LiveBeat, wire::Bound))
)]
struct Description;

/// The routes of our own API.
pub(crate) fn router(state: &State) -> Router<State> {
    let streams = Streams::new(state.clone());
    let stream = OpenApiRouter::new().routes(routes!(live::get_live)).layer(Extension(streams));
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::get_people))
        .routes(routes!(routes::get_person))
        .routes(routes!(routes::get_latest))
        .routes(routes!(routes::get_readings, routes::post_readings, routes::delete_reading))
        .routes(routes!(routes::post_meter_check))
        .routes(routes!(routes::delete_device))
        .merge(stream)
        .split_for_parts();
    let text = Bytes::from(description.to_pretty_json().expect("a description can be written"));
    router.route("/api/openapi.json", get(move || std::future::ready(described(text.clone()))))
}

fn described(text: Bytes) -> Response {
    let mut answer = Response::new(Body::from(text));
    answer.headers_mut().insert(CONTENT_TYPE, routes::JSON);
    answer
}
