//! What an entry means, that it comes back with all that was sent, and that nothing sent to us can make the room fall over.

use super::*;
use keepwatch_model::glucose::MgDl;
use keepwatch_model::id::{PersonId, SourceId};
use proptest::prelude::*;

const NOW: i64 = 1_764_000_000_000;

fn entry(value: Value) -> Entry {
    object(value)
}

fn posted(value: Value) -> Posted {
    Posted::of(entry(value))
}

fn draft_of(value: &Value) -> Draft {
    match posted(value.clone()).meaning {
        Meaning::Reading(draft) => draft,
        other => panic!("{value} is {other:?}"),
    }
}

/// The reading that a draft becomes when it is taken as it stands.
fn taken(draft: &Draft) -> Reading {
    let person = PersonId::from_random(1);
    Reading::checked(draft.clone(), person, SourceId::from_random(2), draft.measured_at, None).expect("a reading")
}

fn read_back(value: &Value) -> Entry {
    let device = posted(value.clone()).device;
    let reading = taken(&draft_of(value));
    reading_entry(&reading, &device, reading.trend, 0.0)
}

#[test]
fn a_whole_entry_comes_back_whole() {
    let sent = json!({
        "device": "xDrip-DexcomG5", "date": NOW, "dateString": "2025-11-24T17:00:00.000+0100", "sgv": 112, "delta": -1.5,
        "direction": "FortyFiveDown", "type": "sgv", "filtered": 139_000.5, "unfiltered": 141_000, "rssi": 100, "noise": 1,
        "app": {"nested": [1, null]}, "sysTime": "2025-11-24T17:00:00.000+0100"
    });
    insta::assert_json_snapshot!(read_back(&sent));
}

#[test]
fn what_we_model_is_not_kept_twice() {
    let plain = json!({
        "device": "share2", "date": NOW, "dateString": "2025-11-24T16:00:00.000Z", "sgv": "112", "direction": "Flat", "trend": 4,
        "type": "sgv", "secret": "s", "token": "t", "utcOffset": 0, "mills": NOW
    });
    assert_eq!(draft_of(&plain).foreign, None);
}

#[test]
fn what_came_by_another_door_never_replaces_what_we_say() {
    let mut reading = taken(&draft_of(&json!({"date": NOW, "sgv": 54, "direction": "Flat"})));
    let said = reading_entry(&reading, "phone", reading.trend, 0.0);
    let foreign = json!({
        "sgv": 180, "date": 1, "type": "mbg", "dateString": "x", "sysTime": "x", "mills": 1, "_id": "0123456789abcdef01234567",
        "direction": "DoubleUp", "trend": 1, "device": "other", "utcOffset": "x", "delta": "x", "noise": 1
    });
    reading.foreign = Some(foreign.to_string().into());
    let mut read = reading_entry(&reading, "phone", reading.trend, 0.0);
    assert_eq!(read.remove("noise"), Some(json!(1)));
    assert_eq!(read, said);
}

#[test]
fn arrows_that_we_do_not_model_come_back_as_sent() {
    for (direction, arrow) in [
        ("TripleDown", Some(TrendArrow::DoubleDown)),
        ("RATE OUT OF RANGE", Some(TrendArrow::NotComputable)),
        ("NOT COMPUTABLE", Some(TrendArrow::NotComputable)),
        ("NONE", None),
        ("DoubleUp", Some(TrendArrow::DoubleUp)),
    ] {
        let sent = json!({"date": NOW, "sgv": 100, "direction": direction});
        assert_eq!(draft_of(&sent).trend, arrow, "{direction}");
        assert_eq!(read_back(&sent)["direction"], direction);
    }
    assert_eq!(draft_of(&json!({"date": NOW, "sgv": 100, "trend": 6})).trend, Some(TrendArrow::SingleDown));
}

#[test]
fn the_moment_may_be_written_in_many_ways() {
    for sent in [
        json!({"sgv": 100, "date": NOW}),
        json!({"sgv": 100, "date": NOW as f64 + 0.4}),
        json!({"sgv": 100, "date": NOW.to_string()}),
        json!({"sgv": 100, "dateString": "2025-11-24T16:00:00Z"}),
        json!({"sgv": 100, "dateString": "2025-11-24T17:00:00+0100"}),
        json!({"sgv": 100, "dateString": "2025-11-24T16:00:00"}),
        json!({"sgv": 100, "sysTime": "2025-11-24T12:30:00.000-03:30"}),
        json!({"sgv": 100, "date": "2025-11-24T16:00:00Z"}),
    ] {
        assert_eq!(draft_of(&sent).measured_at, Timestamp::from_ms(NOW), "{sent}");
    }
    let zone = read_back(&json!({"sgv": 100, "date": NOW, "dateString": "2025-11-24T17:00:00+0100"}));
    assert_eq!((&zone["utcOffset"], &zone["dateString"]), (&json!(60), &json!("2025-11-24T16:00:00.000Z")));
}

#[test]
fn what_cannot_be_taken_has_its_reason_and_is_echoed() {
    for (sent, reason) in [
        (json!({"type": "cal", "date": NOW, "slope": 1}), Refusal::Unsupported),
        (json!({"type": "etc", "date": NOW, "sgv": 100}), Refusal::Unsupported),
        (json!({"date": NOW}), Refusal::Unsupported),
        (json!({"type": "sgv", "sgv": 100}), Refusal::Malformed),
        (json!({"type": "sgv", "date": NOW}), Refusal::Malformed),
        (json!({"type": "sgv", "date": NOW, "sgv": "high"}), Refusal::Malformed),
        (json!({"type": "mbg", "date": NOW}), Refusal::Malformed),
        (json!(7), Refusal::Unsupported),
    ] {
        assert_eq!(posted(sent.clone()).meaning, Meaning::Refused(reason), "{sent}");
    }
    assert_eq!(posted(json!({"type": "cal", "date": NOW, "slope": 1})).echo["slope"], 1);
}

#[test]
fn a_meter_value_has_somebody_who_took_it() {
    let meaning = |value: Value| posted(value).meaning;
    let by = |by: &str| Meaning::MeterCheck { at: Timestamp::from_ms(NOW), mg_dl: 112.0, by: by.to_owned() };
    assert_eq!(meaning(json!({"type": "mbg", "date": NOW, "mbg": 112, "enteredBy": "Grandma"})), by("Grandma"));
    assert_eq!(meaning(json!({"type": "mbg", "date": NOW, "mbg": "112", "device": "Contour"})), by("Contour"));
    assert_eq!(meaning(json!({"mbg": 112, "date": NOW})), by("Nightscout"));
}

#[test]
fn an_id_that_is_a_uuid_becomes_the_identifier() {
    let uuid = "6b1f0a52-6d1c-4c9f-9a53-2f6f2f0a0c11";
    let back = read_back(&json!({"_id": uuid, "date": NOW, "sgv": 100}));
    assert_eq!(back["identifier"], uuid);
    assert!(is_id(back["_id"].as_str().expect("a text")));
    assert_eq!(read_back(&json!({"_id": "5f0000000000000000000001", "date": NOW, "sgv": 100})).get("identifier"), None);
    let both = read_back(&json!({"_id": uuid, "identifier": "mine", "date": NOW, "sgv": 100}));
    assert_eq!(both["identifier"], "mine");
}

#[test]
fn the_same_reading_has_the_same_id_wherever_it_is_seen() {
    let reading = taken(&draft_of(&json!({"date": NOW, "sgv": 100})));
    let id = id_of(reading.measured_at, &reading.source.to_string());
    assert_eq!(reading_entry(&reading, "", None, 0.0)["_id"], id.as_str());
    assert!(is_id(&id));
    assert_eq!(second_of(&id), Some(Timestamp::from_ms(NOW)));
    assert_ne!(id, id_of(reading.measured_at, "another"));
    let refused = posted(json!({"type": "cal", "date": NOW})).echo;
    assert!(is_id(&id_of_refused(&refused)));
    assert_eq!(id_of_refused(&refused), id_of_refused(&refused.clone()));
}

#[test]
fn a_body_gives_its_entries_and_gives_up_its_credential() {
    let body = Body::of(br#"[{"secret":"abc","sgv":1},{"secret":"abc","sgv":2},3]"#).expect("a body");
    assert_eq!(body.credential.as_deref(), Some("abc"));
    assert_eq!(body.entries, [entry(json!({"sgv": 1})), entry(json!({"sgv": 2}))].map(|e| e).to_vec());
    let body = Body::of(br#"{"sgv":1}"#).expect("a body");
    assert_eq!((body.entries.len(), body.credential), (1, None));
    assert_eq!(Body::of(b"[]"), Some(Body::default()));
    assert_eq!(Body::of(b"7"), None);
    assert_eq!(Body::of(b"sgv=1"), None);
}

#[test]
fn outside_its_range_a_sensor_says_39_or_401() {
    assert_eq!(sgv(SensorGlucose::BelowRange), json!(39));
    assert_eq!(sgv(SensorGlucose::AboveRange), json!(401));
    assert_eq!(sgv(SensorGlucose::Measured(MgDl::from_tenths(4_500))), json!(450));
    assert_eq!(sgv(SensorGlucose::Measured(MgDl::from_tenths(1_005))), json!(100.5));
}

#[test]
fn text_has_five_columns_and_no_header() {
    let back = read_back(&json!({"date": NOW, "sgv": 100, "direction": "Flat", "device": "share\t2"}));
    assert_eq!(
        text(&[back.clone(), back], '\t'),
        ["\"2025-11-24T16:00:00.000Z\"\t1764000000000\t100\t\"Flat\"\t\"share\\t2\""; 2].join("\r\n")
    );
    assert_eq!(text(&[], ','), "");
}

/// Any JSON, shaped a little like entries, so that the deeper branches are reached too.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (946_684_800_000_i64..4_102_444_800_000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[-0-9T:.Z+ ]{0,26}".prop_map(Value::from),
        prop_oneof![Just("sgv"), Just("mbg"), Just("Flat"), Just("NONE")].prop_map(Value::from),
    ];
    let names = [
        "_id",
        "type",
        "date",
        "dateString",
        "sysTime",
        "utcOffset",
        "sgv",
        "mbg",
        "direction",
        "trend",
        "device",
        "secret",
    ];
    let key = proptest::sample::select(names.to_vec());
    leaf.prop_recursive(3, 64, 12, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(key.clone().prop_map(String::from), inner, 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_json_comes_each_entry_is_answered(value in any_json()) {
        if let Some(body) = Body::of(value.to_string().as_bytes()) {
            for entry in body.entries {
                let posted = Posted::of(entry);
                prop_assert!(!posted.echo.contains_key("_id") && !posted.echo.contains_key("secret"));
                prop_assert!(is_id(&id_of_refused(&posted.echo)));
            }
        }
    }

    #[test]
    fn whatever_bytes_come_nothing_panics(body: Vec<u8>) {
        let _ = Body::of(&body);
    }

    #[test]
    fn whatever_text_stands_for_a_moment_nothing_panics(text in "\\PC{0,40}") {
        let _ = moment_in(&text);
    }

    #[test]
    fn what_was_read_may_be_posted_again_and_says_the_same(ms in 946_684_800_000_i64..4_102_444_800_000, tenths in 130_u16..=6_000, number in 1_i64..=8, noise in proptest::option::of(0..5)) {
        let mut sent = json!({"date": ms, "sgv": f64::from(tenths) / 10.0, "direction": direction(TrendArrow::from_number(number)), "delta": 0.0, "device": "d"});
        if let Some(noise) = noise {
            sent["noise"] = json!(noise);
        }
        let first = taken(&draft_of(&sent));
        let again = taken(&draft_of(&Value::Object(read_back(&sent))));
        prop_assert!(first.says_the_same(&again), "{:?} {:?}", first, again);
    }

    #[test]
    fn moments_are_read_as_they_are_written(ms in -1_000_000_000_000_i64..4_102_444_800_000) {
        let at = Timestamp::from_ms(ms);
        prop_assert_eq!(moment_in(&date_text(at)).map(|(at, _)| at), Some(at));
    }
}
