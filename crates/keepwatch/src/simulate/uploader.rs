//! A pretended phone: it speaks one of the three protocols to a server, the way that uploaders do.

use crate::cli::Dialect;
use crate::client;
use crate::failure::Failure;
use crate::operator::Publish;
use keepwatch_edge::protocols::native::client::{Client, NoAnswer};
use keepwatch_edge::protocols::native::wire::{Moment, Range, Taken, Upload};
use keepwatch_edge::protocols::nightscout::wire::{date_text, direction, sgv};
use keepwatch_model::glucose::SensorGlucose;
use keepwatch_service::secret::sha1_hex;
use keepwatch_simulator::Sample;
use reqwest::{Response, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

const SHARE_PATH: &str = "/ShareWebServices/Services/";
/// The id that open uploaders send as their application's.
const APPLICATION_ID: &str = "d8665ade-9673-4e27-9ff6-92db4ce13d13";
/// Says whose phone this is; it is no serial of a real transmitter.
const SERIAL: &str = "KWSIM1";
const DEVICE: &str = "keepwatch-simulate";

/// What `person add --json` printed, as far as an uploader needs it.
#[derive(Debug, Deserialize)]
struct Secrets {
    person: String,
    publish: Publish,
}

/// What became of an upload.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// The server has it.
    Taken,
    /// The server could not be reached, or could not keep it now.
    NotNow(String),
}

/// A pretended phone.
pub(crate) struct Uploader {
    http: reqwest::Client,
    to: Url,
    dialect: Dialect,
    secrets: Secrets,
    /// The Share session, once there is one.
    session: Option<String>,
    delivered: usize,
}

impl Uploader {
    /// A phone that knows the secrets in a file.
    pub(crate) fn new(to: &Url, dialect: Dialect, secret_file: &Path) -> Result<Self, Failure> {
        let could_not = |why: String| Failure::fault(format!("could not use {}: {why}", secret_file.display()));
        let text = std::fs::read_to_string(secret_file).map_err(|cause| could_not(cause.to_string()))?;
        let secrets = serde_json::from_str(&text)
            .map_err(|_| could_not("it must hold what `person add --json` printed".to_owned()))?;
        Ok(Self { http: client::client(to)?, to: to.clone(), dialect, secrets, session: None, delivered: 0 })
    }

    /// How many readings the server has taken.
    pub(crate) const fn delivered(&self) -> usize {
        self.delivered
    }

    /// Sends readings, oldest first.
    pub(crate) async fn send(&mut self, samples: &[Sample]) -> Result<Delivery, Failure> {
        let delivery = match self.dialect {
            Dialect::Share => self.send_share(samples).await?,
            Dialect::Nightscout => self.send_nightscout(samples).await?,
            Dialect::Native => self.send_native(samples).await?,
        };
        if matches!(delivery, Delivery::Taken) {
            self.delivered += samples.len();
        }
        Ok(delivery)
    }

    async fn send_native(&self, samples: &[Sample]) -> Result<Delivery, Failure> {
        let client = Client::new(self.http.clone(), self.to.as_str(), &self.secrets.publish.token);
        let upload = Upload { source: Some(DEVICE.to_owned()), readings: samples.iter().map(taken).collect() };
        match client.post_readings(&self.secrets.person, &upload).await {
            Ok(_) => Ok(Delivery::Taken),
            Err(NoAnswer::Refused { status, detail, .. }) if (400..500).contains(&status) && status != 429 => {
                Err(Failure::fault(detail))
            }
            Err(NoAnswer::Unreachable(cause)) => Ok(Delivery::NotNow(client::why(&cause))),
            Err(other) => Ok(Delivery::NotNow(other.to_string())),
        }
    }

    async fn send_nightscout(&self, samples: &[Sample]) -> Result<Delivery, Failure> {
        let entries: Vec<Value> = samples.iter().map(entry).collect();
        let request = self.http.post(client::below(&self.to, "/api/v1/entries.json"));
        let secret = sha1_hex(&self.secrets.publish.nightscout_api_secret);
        let sent = request.header("api-secret", secret).timeout(client::ANSWER_WAIT_MAX).json(&entries).send().await;
        let response = match sent {
            Ok(response) => response,
            Err(cause) => return Ok(Delivery::NotNow(client::why(&cause))),
        };
        match response.status().as_u16() {
            200..300 => Ok(Delivery::Taken),
            401 | 403 => {
                Err(Failure::fault("could not upload: the server refused the API secret; use a fresh secret file"))
            }
            status => Ok(Delivery::NotNow(format!("the server answered {status}"))),
        }
    }

    /// With the session it has; when that is over it signs in once more and posts again, as xDrip+ does.
    async fn send_share(&mut self, samples: &[Sample]) -> Result<Delivery, Failure> {
        let egvs: Vec<Value> = samples.iter().map(egv).collect();
        let body = json!({ "SN": SERIAL, "Egvs": egvs, "TA": -5 });
        for _ in 0..2 {
            if self.session.is_none() {
                match self.sign_in().await? {
                    Ok(session) => self.session = Some(session),
                    Err(not_now) => return Ok(Delivery::NotNow(not_now)),
                }
            }
            let session = self.session.clone().unwrap_or_default();
            let path = format!("Publisher/PostReceiverEgvRecords?sessionId={session}");
            match self.post_share(&path, &body).await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    match answer(status, &response.text().await.unwrap_or_default()) {
                        Answer::Taken => return Ok(Delivery::Taken),
                        Answer::SignIn => self.session = None,
                        Answer::Never(why) => return Err(Failure::fault(format!("could not upload: {why}"))),
                        Answer::NotNow => return Ok(Delivery::NotNow(format!("the server answered {status}"))),
                    }
                }
                Err(not_now) => return Ok(Delivery::NotNow(not_now)),
            }
        }
        Ok(Delivery::NotNow("the server ends every session at once".to_owned()))
    }

    async fn sign_in(&self) -> Result<Result<String, String>, Failure> {
        let publish = &self.secrets.publish;
        let body = json!({ "accountName": publish.share_username, "password": publish.share_password, "applicationId": APPLICATION_ID });
        let response = match self.post_share("General/LoginPublisherAccountByName", &body).await {
            Ok(response) => response,
            Err(not_now) => return Ok(Err(not_now)),
        };
        let status = response.status();
        let answer = response.text().await.unwrap_or_default();
        if status.as_u16() == 500 && answer.contains("Password") {
            return Err(Failure::fault(
                "could not sign in: the server refused the Share name and password; use a fresh secret file",
            ));
        }
        let session = serde_json::from_str::<String>(&answer).ok().filter(|_| status.is_success());
        let Some(session) = session else { return Ok(Err(format!("the server answered {status} to the sign-in"))) };
        let start = format!("Publisher/StartRemoteMonitoringSession?sessionId={session}&serialNumber={SERIAL}");
        // A server that has begun to monitor already may say so with an error; the upload itself will tell.
        let _ = self.post_share(&start, &Value::Null).await;
        Ok(Ok(session))
    }

    async fn post_share(&self, path: &str, body: &Value) -> Result<Response, String> {
        let request =
            self.http.post(client::below(&self.to, &format!("{SHARE_PATH}{path}"))).timeout(client::ANSWER_WAIT_MAX);
        let request = if body.is_null() { request.header("Content-Length", "0") } else { request.json(body) };
        request.send().await.map_err(|cause| client::why(&cause))
    }
}

/// What a Share server says to an upload.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// It has the readings, perhaps since before.
    Taken,
    /// The session is over.
    SignIn,
    /// It will not take them, however often they are sent.
    Never(String),
    /// It may take them later.
    NotNow,
}

/// A refusal of a Share server.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Fault {
    code: String,
    message: String,
}

/// Everything but success comes as the same status; only the code tells them apart.
fn answer(status: u16, body: &str) -> Answer {
    if (200..300).contains(&status) {
        return Answer::Taken;
    }
    let Fault { code, message } = serde_json::from_str(body).unwrap_or_default();
    match code.as_str() {
        "DuplicateEgvPosted" => Answer::Taken,
        "SessionIdNotFound" | "SessionNotValid" => Answer::SignIn,
        "InvalidArgument" | "PublishNotAllowed" | "OperationNotSupported" | "MonitorSessionNotFound" => {
            Answer::Never(if message.is_empty() { code } else { message })
        }
        _ => Answer::NotNow,
    }
}

fn taken(sample: &Sample) -> Taken {
    let (mg_dl, range) = match sample.glucose {
        SensorGlucose::BelowRange => (None, Some(Range::Below)),
        SensorGlucose::Measured(mg_dl) => (Some(mg_dl.as_f64()), None),
        SensorGlucose::AboveRange => (None, Some(Range::Above)),
    };
    Taken {
        measured_at: Moment::Ms(sample.measured_at.as_ms()),
        mg_dl,
        mmol_l: None,
        range,
        trend: Some(sample.trend.into()),
    }
}

fn entry(sample: &Sample) -> Value {
    json!({
        "type": "sgv",
        "sgv": sgv(sample.glucose),
        "date": sample.measured_at.as_ms(),
        "dateString": date_text(sample.measured_at),
        "direction": direction(Some(sample.trend)),
        "device": DEVICE,
    })
}

fn egv(sample: &Sample) -> Value {
    let time = format!("/Date({})/", sample.measured_at.as_ms() / 1_000 * 1_000);
    json!({ "Trend": sample.trend.number(), "Value": sample.glucose.as_dexcom(), "ST": time, "DT": time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_session_that_is_over_is_renewed_and_what_cannot_change_ends() {
        let fault =
            |code: &str| format!(r#"{{"Code":"{code}","Message":"why","SubCode":"","TypeName":"FaultException"}}"#);
        let says = |status, code| answer(status, &fault(code));
        assert_eq!(answer(200, ""), Answer::Taken);
        assert_eq!(says(500, "DuplicateEgvPosted"), Answer::Taken);
        assert_eq!(says(500, "SessionIdNotFound"), Answer::SignIn);
        assert_eq!(says(500, "SessionNotValid"), Answer::SignIn);
        assert_eq!(says(500, "InvalidArgument"), Answer::Never("why".to_owned()));
        assert_eq!(says(413, "InvalidArgument"), Answer::Never("why".to_owned()));
        assert_eq!(says(500, "PublishNotAllowed"), Answer::Never("why".to_owned()));
        assert_eq!(says(503, "ServiceUnavailable"), Answer::NotNow);
        assert_eq!(answer(500, "<html>"), Answer::NotNow);
    }
}
