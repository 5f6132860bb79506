//! What this dialect's dates, values, arrows and ids mean, and that nothing sent to us can make the room fall over.

use super::*;
use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::id::{PersonId, SourceId};
use proptest::prelude::*;
use serde_json::json;

const NOW: i64 = 1_764_000_000_000;

fn reading(ms: i64, glucose: SensorGlucose) -> Reading {
    let place = Timestamp::from_ms(ms);
    Reading {
        person: PersonId::from_random(1),
        source: SourceId::from_random(1),
        measured_at: place,
        received_at: place,
        place,
        glucose,
        trend: None,
        foreign: None,
    }
}

fn upload(body: &Value) -> Upload {
    Upload::of(body.to_string().as_bytes()).expect("an upload")
}

#[test]
fn a_moment_may_be_written_in_five_ways() {
    for text in [
        "/Date(1764000000000)/",
        "Date(1764000000000)",
        "/Date(1764000000000-0700)/",
        "Date(1764000000000+0530)",
        "1764000000000",
    ] {
        assert_eq!(instant(&json!(text)), Some(Timestamp::from_ms(NOW)), "{text}");
    }
    assert_eq!(instant(&json!(NOW)), Some(Timestamp::from_ms(NOW)));
    let escaped: Value = serde_json::from_str(r#""\/Date(1764000000000)\/""#).expect("JSON");
    assert_eq!(instant(&escaped), Some(Timestamp::from_ms(NOW)));
    for text in ["", "Date()", "Date(", "Date(x)", "/Date(1764000000000 soon)/", "(9999999999999999999999)", "tomorrow"]
    {
        assert_eq!(instant(&json!(text)), None, "{text}");
    }
}

#[test]
fn an_arrow_may_be_a_number_or_a_name() {
    for (sent, arrow) in [
        (json!(4), Some(TrendArrow::Flat)),
        (json!("7"), Some(TrendArrow::DoubleDown)),
        (json!("FortyFiveUp"), Some(TrendArrow::FortyFiveUp)),
        (json!("forty five up"), Some(TrendArrow::FortyFiveUp)),
        (json!(8), Some(TrendArrow::NotComputable)),
        (json!("RateOutOfRange"), Some(TrendArrow::NotComputable)),
        (json!(0), None),
        (json!("None"), None),
        (json!(null), None),
        (json!(4.5), None),
    ] {
        assert_eq!(trend(&sent), arrow, "{sent}");
    }
}

#[test]
fn a_bad_record_stands_alone() {
    let taken = upload(&json!({"TA": -5, "SN": "sm12345678", "Egvs": [
        {"Trend": 4, "Value": 97, "ST": "/Date(1764000000000)/", "DT": "/Date(1764000000000)/"},
        {"Trend": 4, "Value": "many", "ST": "/Date(1764000000000)/"},
        {"Trend": 4, "Value": 97},
        "what is this",
        {"trend": "Flat", "value": 401, "st": "Date(1764000000000)"},
    ]}));
    assert_eq!(taken.serial.as_deref(), Some("SM12345678"));
    assert_eq!(taken.records.len(), 5);
    assert_eq!(taken.records[0].as_ref().map(|draft| draft.measured_at), Ok(Timestamp::from_ms(NOW)));
    assert_eq!(taken.records[1..4], [Err(Refusal::Malformed), Err(Refusal::Malformed), Err(Refusal::Malformed)]);
    assert_eq!(taken.records[4].as_ref().map(|draft| draft.reported), Ok(Reported::AboveRange));
}

#[test]
fn an_invented_serial_names_no_device() {
    for (sent, serial) in
        [("SM00000000", None), ("", None), ("80FABC", Some("80FABC")), ("sm12345678/", Some("SM12345678"))]
    {
        assert_eq!(upload(&json!({"SN": sent, "Egvs": []})).serial.as_deref(), serial, "{sent}");
    }
}

#[test]
fn what_is_no_upload_is_refused_whole() {
    for body in ["", "[]", "{}", "null", r#"{"Egvs":{}}"#, r#""text""#, "{\"Egvs\":["] {
        assert_eq!(Upload::of(body.as_bytes()), Err(NotAnUpload::NoRecords), "{body}");
    }
    let many = json!({"Egvs": vec![json!(1); RECORDS_MAX_PER_UPLOAD + 1]});
    assert_eq!(Upload::of(many.to_string().as_bytes()), Err(NotAnUpload::TooManyRecords));
}

#[test]
fn records_say_low_and_high_in_numbers_and_carry_the_offset_in_dt_only() {
    let zone = TimeZone::get("America/St_Johns").expect("a zone");
    let low = reading(NOW, SensorGlucose::BelowRange);
    let high = reading(NOW - 300_000, SensorGlucose::Measured(MgDl::from_tenths(4_510)));
    insta::assert_snapshot!(records([(&low, None), (&high, Some(TrendArrow::Flat))], &zone), @r#"[{"WT":"Date(1764000000000)","ST":"Date(1764000000000)","DT":"Date(1764000000000-0330)","Value":39,"Trend":"None"},{"WT":"Date(1763999700000)","ST":"Date(1763999700000)","DT":"Date(1763999700000-0330)","Value":401,"Trend":"Flat"}]"#);
    assert_eq!(records([], &zone), "[]");
}

#[test]
fn the_offset_follows_daylight_saving() {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    assert_eq!(offset_text(Timestamp::from_ms(NOW), &zone), "+0100");
    assert_eq!(offset_text(Timestamp::from_ms(1_752_000_000_000), &zone), "+0200");
}

#[test]
fn the_all_zero_id_is_no_id() {
    assert_eq!(id("00000000-0000-0000-0000-000000000000"), None);
    assert_eq!(id("not-an-id"), None);
    assert_eq!(id("D89443D2-327C-4A6F-89E5-496BBB0317DB"), id("d89443d2327c4a6f89e5496bbb0317db"));
}

#[test]
fn the_clock_speaks_json_and_xml() {
    let now = Timestamp::from_ms(NOW + 7);
    assert_eq!(clock_json(now), r#"{"DateTime":"/Date(1764000000007)/","OffsetMinutes":0}"#);
    assert_eq!(
        clock_xml(now),
        "<SystemTime><DateTime>2025-11-24T16:00:00.0070000Z</DateTime><OffsetMinutes>0</OffsetMinutes></SystemTime>"
    );
}

/// Any JSON, shaped a little like what is expected, so that the deeper branches are reached too.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "/?Date\\([-0-9+a]{0,22}\\)/?".prop_map(Value::from),
    ];
    let key = prop_oneof![Just("Egvs"), Just("SN"), Just("ST"), Just("Value"), Just("Trend"), Just("direction")];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(key.clone().prop_map(String::from), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_json_comes_no_record_is_lost_and_nothing_panics(body in any_json()) {
        if let Ok(upload) = Upload::of(body.to_string().as_bytes()) {
            let sent = body.as_object().and_then(|body| member(body, "Egvs")).and_then(Value::as_array).expect("records");
            prop_assert_eq!(upload.records.len(), sent.len());
        }
    }

    #[test]
    fn whatever_bytes_come_nothing_panics(body: Vec<u8>) {
        let _ = Upload::of(&body);
    }

    #[test]
    fn what_we_write_is_read_back_the_same(ms in 946_684_800_000_i64..4_102_444_800_000, tenths in 400_u16..=4_000, number in 1_i64..=8) {
        let reading = reading(ms, SensorGlucose::Measured(MgDl::from_tenths(tenths)));
        let arrow = TrendArrow::from_number(number);
        let zone = TimeZone::get("Asia/Kathmandu").expect("a zone");
        let answer: Value = serde_json::from_str(&records([(&reading, arrow)], &zone)).expect("JSON");
        for field in ["WT", "ST", "DT"] {
            prop_assert_eq!(instant(&answer[0][field]), Some(Timestamp::from_ms(ms)));
        }
        prop_assert_eq!(trend(&answer[0]["Trend"]), arrow);
        prop_assert_eq!(answer[0]["Value"].as_f64(), Some((f64::from(tenths) / 10.0).round()));
    }

    #[test]
    fn an_id_is_read_back_the_same(number in 1_u128..) {
        prop_assert_eq!(id(&id_text(number)), Some(number));
        prop_assert_eq!(id_text(number).len(), 36);
    }

    #[test]
    fn whatever_text_stands_for_an_id_nothing_panics(text in "\\PC*") {
        let _ = id(&text);
    }
}
