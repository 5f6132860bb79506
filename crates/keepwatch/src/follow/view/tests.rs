//! Every age that a reading can reach, as a terminal says it.

use super::*;
use keepwatch_edge::protocols::native::wire::Glance;

const NOW: i64 = 1_764_000_000_000;

fn reader(unit: Unit) -> Reader {
    Reader { words: Words::of(None), zone: TimeZone::UTC, unit }
}

fn glance(minutes_ago: i64, reading: &str, source: &str) -> Glance {
    let at = NOW - minutes_ago * MINUTE_MS;
    let text = format!(
        r#"{{"person":{{"id":"p_1","name":"Ada","unit":"mg/dL","time_zone":"UTC","demo":false}},"latest":{{"at":{at},{reading}}},"delta":{{"mg_dl":-6,"minutes":5}},
        "interval_ms":300000,"fresh_ms":360000,"late_ms":720000,"readings":[],"meter_checks":[],"sources":[{source}],"disagreement":null}}"#
    );
    serde_json::from_str(&text).expect("a glance")
}

fn phone(contact_minutes_ago: i64, refused: &str) -> String {
    let contact = NOW - contact_minutes_ago * MINUTE_MS;
    format!(
        r#"{{"id":"s_1","name":"Share","kind":"share","interval_ms":300000,"last_reading":null,"fresh_ms":360000,"late_ms":720000,"last_contact":{contact},"shown":true,"refused":{refused}}}"#
    )
}

fn view(minutes_ago: i64, reading: &str) -> View {
    View::of(&glance(minutes_ago, reading, &phone(minutes_ago.min(1), "null")), NOW, &reader(Unit::MgDl))
}

#[test]
fn a_fresh_reading_has_number_arrow_change_and_age() {
    let view = view(2, r#""mg_dl":112,"trend":"forty_five_down""#);
    assert_eq!((view.value.as_deref(), view.arrow), (Some("112"), "↘"));
    assert_eq!(view.delta.as_deref(), Some("−6 in 5 min"));
    assert_eq!(view.headline, "In range, falling slowly");
    assert_eq!(view.age, "2 min ago");
    assert!(view.notes.is_empty());
}

#[test]
fn an_old_reading_loses_its_arrow_and_is_called_old() {
    let late = view(8, r#""mg_dl":112,"trend":"flat""#);
    assert_eq!((late.freshness, late.arrow), (Freshness::Late, "→"));
    assert_eq!(late.notes, ["One reading is missing."]);
    let stale = view(18, r#""mg_dl":63,"trend":"flat""#);
    assert_eq!((stale.freshness, stale.arrow, stale.delta.clone()), (Freshness::Stale, "", None));
    assert_eq!(stale.headline, "No new reading for 18 min.");
    assert_eq!(stale.notes[0], "It was low (63) at 15:42.");
    let unknown = view(25 * 60, r#""mg_dl":63"#);
    assert_eq!((unknown.freshness, unknown.value), (Freshness::Unknown, None));
    assert_eq!(unknown.headline, "No reading since Sunday");
}

#[test]
fn the_first_broken_link_is_named() {
    let silent = View::of(&glance(20, r#""mg_dl":112"#, &phone(20, "null")), NOW, &reader(Unit::MgDl));
    assert!(
        silent.notes.iter().any(|note| note.starts_with("Ada’s phone hasn’t been in touch since 15:40.")),
        "{silent:?}"
    );
    let sensor = View::of(&glance(20, r#""mg_dl":112"#, &phone(1, "null")), NOW, &reader(Unit::MgDl));
    assert!(sensor.notes.iter().any(|note| note.starts_with("The sensor isn’t sending.")), "{sensor:?}");
    let refused = format!(r#"{{"reason":"time_in_future","at":{NOW}}}"#);
    let clock = View::of(&glance(20, r#""mg_dl":112"#, &phone(1, &refused)), NOW, &reader(Unit::MgDl));
    assert!(clock.notes.iter().any(|note| note.starts_with("The clock of Ada’s phone looks wrong.")), "{clock:?}");
}

#[test]
fn a_phone_whose_readings_arrive_is_not_called_silent() {
    let working = View::of(&glance(2, r#""mg_dl":112"#, &phone(40, "null")), NOW, &reader(Unit::MgDl));
    assert_eq!(working.notes, [""; 0]);
}

#[test]
fn outside_the_sensor_there_is_a_word_and_no_number() {
    let below = view(1, r#""range":"below""#);
    assert_eq!((below.value.as_deref(), below.level), (Some("Below 40"), Some(Level::UrgentLow)));
    let above = View::of(&glance(1, r#""range":"above""#, ""), NOW, &reader(Unit::MmolL));
    assert_eq!((above.value.as_deref(), above.level), (Some("Above 22.2"), Some(Level::VeryHigh)));
}

#[test]
fn levels_go_by_the_number_on_the_screen() {
    let at = |mg_dl: f64, unit| {
        View::of(&glance(1, &format!(r#""mg_dl":{mg_dl}"#), ""), NOW, &reader(unit)).level.expect("a number")
    };
    assert_eq!(at(55.0, Unit::MgDl), Level::UrgentLow);
    assert_eq!(at(69.4, Unit::MgDl), Level::Low);
    assert_eq!(at(69.5, Unit::MgDl), Level::InRange);
    assert_eq!(at(181.0, Unit::MgDl), Level::High);
    assert_eq!(at(181.0, Unit::MmolL), Level::InRange);
    assert_eq!(at(251.0, Unit::MgDl), Level::VeryHigh);
}

#[test]
fn a_change_is_written_with_its_sign() {
    assert_eq!(change(-6.0, Unit::MgDl), "−6");
    assert_eq!(change(0.2, Unit::MgDl), "±0");
    assert_eq!(change(9.0, Unit::MmolL), "+0.5");
}
