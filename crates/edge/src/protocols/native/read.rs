//! Takes uploads off the wire. Each item is read by itself: a bad one becomes a refusal in its place, and what we do
//! not know is kept beside the reading. Nothing here judges a value; that is the model's.

use super::wire::{MeterUpload, Moment, Trend};
use keepwatch_model::family::{NAME_MAX_CHARACTERS, checked_name};
use keepwatch_model::glucose::{Reported, SensorGlucose};
use keepwatch_model::id::PersonId;
use keepwatch_model::reading::{Draft, MeterCheck, Refusal};
use keepwatch_model::time::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Limit: characters of a note beside a meter check; a longer one is refused.
pub const NOTE_MAX_CHARACTERS: usize = 500;

/// An upload that could be read; its items may still be refused one by one.
#[derive(Debug, Default)]
pub struct Batch {
    /// What the sending device is called.
    pub source: Option<String>,
    /// One for each item, in their order.
    pub drafts: Vec<Result<Draft, Refusal>>,
}

/// Why a body as a whole is no upload.
#[derive(Debug, PartialEq, Eq)]
pub enum NoBatch {
    /// More items than one upload may hold.
    TooMany,
    /// Not JSON, or not of this shape; with the reason.
    Malformed(String),
    /// The source's name cannot be used.
    BadSource,
}

/// Reads a body of `POST …/readings` with at most `items_max` readings.
pub fn batch(body: &[u8], items_max: usize) -> Result<Batch, NoBatch> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut too_many = false;
    let read = BatchSeed { items_max, too_many: &mut too_many }.deserialize(&mut reader);
    let whole = read.and_then(|(source, drafts)| reader.end().map(|()| (source, drafts)));
    let (source, drafts) =
        whole.map_err(|cause| if too_many { NoBatch::TooMany } else { NoBatch::Malformed(cause.to_string()) })?;
    let source = source.map(|name| checked_name(&name).ok_or(NoBatch::BadSource)).transpose()?;
    let drafts = drafts.ok_or_else(|| NoBatch::Malformed("there is no member `readings`".into()))?;
    Ok(Batch { source, drafts })
}

type Read = (Option<String>, Option<Vec<Result<Draft, Refusal>>>);

struct BatchSeed<'a> {
    items_max: usize,
    too_many: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for BatchSeed<'_> {
    type Value = Read;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BatchSeed<'_> {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `readings`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let (mut source, mut drafts) = (None, None);
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "source" => source = map.next_value::<Option<String>>()?,
                "readings" => {
                    drafts = Some(map.next_value_seed(Items { max: self.items_max, too_many: self.too_many })?);
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok((source, drafts))
    }
}

struct Items<'a> {
    max: usize,
    too_many: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = Vec<Result<Draft, Refusal>>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Vec<Result<Draft, Refusal>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of readings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut drafts = Vec::new();
        while let Some(item) = items.next_element::<&'de RawValue>()? {
            if drafts.len() == self.max {
                *self.too_many = true;
                return Err(serde::de::Error::custom("too many readings"));
            }
            drafts.push(draft(item.get()));
        }
        Ok(drafts)
    }
}

/// One reading from its JSON.
pub fn draft(json: &str) -> Result<Draft, Refusal> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let item = reader.deserialize_map(ItemVisitor).map_err(|_| Refusal::Malformed)?;
    let measured_at = item.measured_at.and_then(|read| read.0).ok_or(Refusal::Malformed)?;
    let reported = match (item.mg_dl, item.mmol_l, item.range.as_ref().map(|word| &*word.0)) {
        (Some(number), None, None) => Reported::from_mg_dl(number),
        (None, Some(number), None) => Reported::from_mmol_l(number),
        (None, None, Some("below")) => Some(Reported::BelowRange),
        (None, None, Some("above")) => Some(Reported::AboveRange),
        _ => None,
    };
    let reported = reported.ok_or(Refusal::Malformed)?;
    let foreign = item.foreign.map(|mut members| {
        members.push('}');
        members.into_boxed_str()
    });
    // A word for a trend that we do not know costs the arrow, not the reading.
    Ok(Draft { measured_at, reported, trend: item.trend.and_then(|word| Trend::arrow(&word.0)), foreign })
}

#[derive(Default)]
struct ItemRead<'de> {
    measured_at: Option<MomentRead>,
    mg_dl: Option<f64>,
    mmol_l: Option<f64>,
    range: Option<Text<'de>>,
    trend: Option<Text<'de>>,
    foreign: Option<String>,
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = ItemRead<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reading")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ItemRead<'de>, A::Error> {
        let mut item = ItemRead::default();
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "measured_at" => item.measured_at = map.next_value()?,
                "mg_dl" => item.mg_dl = map.next_value()?,
                "mmol_l" => item.mmol_l = map.next_value()?,
                "range" => item.range = map.next_value()?,
                "trend" => item.trend = map.next_value()?,
                _ => {
                    let value = map.next_value::<&'de RawValue>()?;
                    // A raw value may hold half a letter; what is kept must be readable again.
                    serde_json::from_str::<Value>(value.get()).map_err(serde::de::Error::custom)?;
                    let foreign = item.foreign.get_or_insert_default();
                    foreign.push(if foreign.is_empty() { '{' } else { ',' });
                    foreign.push_str(&serde_json::to_string(&key).map_err(serde::de::Error::custom)?);
                    foreign.push(':');
                    foreign.push_str(value.get());
                }
            }
        }
        Ok(item)
    }
}

/// A time as it came: a number of milliseconds, or a text; `None` inside where it is neither.
struct MomentRead(Option<Timestamp>);

impl<'de> Deserialize<'de> for MomentRead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MomentVisitor)
    }
}

struct MomentVisitor;

impl Visitor<'_> for MomentVisitor {
    type Value = MomentRead;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("milliseconds since 1970, or RFC 3339")
    }

    fn visit_i64<E>(self, ms: i64) -> Result<MomentRead, E> {
        Ok(MomentRead(Some(Timestamp::from_ms(ms))))
    }

    fn visit_u64<E>(self, ms: u64) -> Result<MomentRead, E> {
        Ok(MomentRead(i64::try_from(ms).ok().map(Timestamp::from_ms)))
    }

    fn visit_f64<E>(self, ms: f64) -> Result<MomentRead, E> {
        Ok(MomentRead(Some(Timestamp::from_ms(ms as i64))))
    }

    fn visit_str<E>(self, text: &str) -> Result<MomentRead, E> {
        Ok(MomentRead(text_moment(text)))
    }
}

/// A text that is borrowed from the body where it can be.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

/// RFC 3339 with an offset.
fn text_moment(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|moment| Timestamp::from_ms(moment.as_millisecond()))
}

/// A time of a query or a body.
pub(crate) fn query_moment(text: &str) -> Option<Timestamp> {
    text.parse::<i64>().ok().map(Timestamp::from_ms).or_else(|| text_moment(text))
}

/// Why a meter check cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub enum NoCheck {
    /// Not JSON, or not of this shape; with the reason.
    Malformed(String),
    /// The name of who took it is missing, or cannot be used.
    BadName,
    /// The note is too long.
    LongNote,
    /// The value or the time is none.
    Refused(Refusal),
}

/// Reads a body of `POST …/meter-checks`.
pub fn meter_check(body: &[u8], person: PersonId, now: Timestamp) -> Result<MeterCheck, NoCheck> {
    let upload: MeterUpload = serde_json::from_slice(body).map_err(|cause| NoCheck::Malformed(cause.to_string()))?;
    let by = checked_name(&upload.by).ok_or(NoCheck::BadName)?;
    debug_assert!(by.chars().count() <= NAME_MAX_CHARACTERS);
    if upload.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX_CHARACTERS) {
        return Err(NoCheck::LongNote);
    }
    let at = match upload.at {
        None => now,
        Some(Moment::Ms(ms)) => Timestamp::from_ms(ms),
        Some(Moment::Text(text)) => text_moment(&text).ok_or(NoCheck::Refused(Refusal::Malformed))?,
    };
    let reported = match (upload.mg_dl, upload.mmol_l) {
        (Some(number), None) => Reported::from_mg_dl(number),
        (None, Some(number)) => Reported::from_mmol_l(number),
        _ => None,
    };
    let reported = reported.ok_or(NoCheck::Refused(Refusal::Malformed))?;
    let glucose = SensorGlucose::checked(reported).map_err(|reason| NoCheck::Refused(reason.into()))?;
    // A meter shows a number or an error; one that is too low to measure is not kept as a number.
    let mg_dl = glucose.measured().ok_or(NoCheck::Refused(Refusal::Malformed))?;
    Ok(MeterCheck { person, at, mg_dl, by, note: upload.note.filter(|note| !note.trim().is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepwatch_model::trend::TrendArrow;
    use proptest::prelude::*;

    #[test]
    fn each_item_is_read_by_itself() {
        let body = br#"{"source":" Ada's phone ","x":[1],"readings":[
            {"measured_at":1764000000000,"mg_dl":112,"trend":"flat"},
            {"measured_at":"2025-11-24T16:00:00Z","mmol_l":6.2,"noise":{"a":[1,2]},"id":"x\"y"},
            {"measured_at":"2025-11-24T17:00:00+01:00","range":"below","trend":"sideways"},
            {"measured_at":1764000000000,"mg_dl":"112"}, 7, {"mg_dl":112},
            {"measured_at":1764000000000,"mg_dl":112,"mmol_l":6.2}]}"#;
        let batch = batch(body, 10).expect("an upload");
        assert_eq!(batch.source.as_deref(), Some("Ada's phone"));
        let [first, second, third, rest @ ..] = batch.drafts.as_slice() else { panic!("seven items") };
        let first = first.as_ref().expect("good");
        assert_eq!(
            (first.reported, first.trend, &first.foreign),
            (Reported::Tenths(1120), Some(TrendArrow::Flat), &None)
        );
        let second = second.as_ref().expect("good");
        assert_eq!(second.measured_at, Timestamp::from_ms(1_764_000_000_000));
        assert_eq!(second.reported, Reported::Tenths(1117));
        assert_eq!(second.foreign.as_deref(), Some(r#"{"noise":{"a":[1,2]},"id":"x\"y"}"#));
        let third = third.as_ref().expect("good");
        assert_eq!((third.measured_at, third.reported, third.trend), (second.measured_at, Reported::BelowRange, None));
        assert_eq!(rest, [const { Err(Refusal::Malformed) }; 4]);
    }

    #[test]
    fn what_is_kept_beside_a_reading_can_be_read_again() {
        let item = |noise: &str| draft(&format!(r#"{{"measured_at":1764000000000,"mg_dl":112,"noise":{noise}}}"#));
        assert_eq!(item(r#""\ud800""#), Err(Refusal::Malformed), "half a letter");
        assert_eq!(item(r#""\ud83d\ude00""#).map(|draft| draft.foreign.is_some()), Ok(true));
    }

    #[test]
    fn what_is_no_upload_says_why() {
        assert!(matches!(batch(b"[]", 9), Err(NoBatch::Malformed(_))));
        assert!(matches!(batch(b"{}", 9), Err(NoBatch::Malformed(_))));
        assert!(matches!(batch(br#"{"readings":[]} x"#, 9), Err(NoBatch::Malformed(_))));
        assert_eq!(batch(br#"{"source":"","readings":[]}"#, 9).expect_err("no name"), NoBatch::BadSource);
        assert_eq!(batch(br#"{"readings":[1,2,3]}"#, 2).expect_err("too many"), NoBatch::TooMany);
        assert_eq!(batch(br#"{"readings":[1,2]}"#, 2).expect("two").drafts.len(), 2);
    }

    #[test]
    fn a_meter_check_has_a_name_and_a_number() {
        let now = Timestamp::from_ms(1_764_000_000_000);
        let person = PersonId::from_random(1);
        let check = |body: &str| meter_check(body.as_bytes(), person, now);
        let good = check(r#"{"mmol_l":6.2,"by":" Grandma ","note":" "}"#).expect("good");
        assert_eq!((good.mg_dl.tenths(), good.by.as_str(), good.note, good.at), (1117, "Grandma", None, now));
        assert_eq!(check(r#"{"mg_dl":112,"by":""}"#), Err(NoCheck::BadName));
        assert_eq!(check(r#"{"mg_dl":700,"by":"G"}"#), Err(NoCheck::Refused(Refusal::ValueTooHigh)));
        assert_eq!(check(r#"{"by":"G"}"#), Err(NoCheck::Refused(Refusal::Malformed)));
        assert!(matches!(check("{"), Err(NoCheck::Malformed(_))));
        let long = format!(r#"{{"mg_dl":112,"by":"G","note":"{}"}}"#, "x".repeat(501));
        assert_eq!(check(&long), Err(NoCheck::LongNote));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_upload_or_a_refusal(bytes: Vec<u8>, text in "\\PC*") {
            let _ = batch(&bytes, 10);
            let _ = batch(text.as_bytes(), 10);
            let _ = draft(&text);
            let _ = meter_check(&bytes, PersonId::from_random(1), Timestamp::default());
        }
    }
}
