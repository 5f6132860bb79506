//! Which entries a query admits, how far back it looks, and what it refuses.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

fn query(text: &str) -> Result<Query, NotAQuery> {
    let pairs: Vec<(String, String)> = text
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    Query::of(&pairs)
}

fn entry(minutes_ago: i64) -> Entry {
    let at = NOW.plus_ms(-60_000 * minutes_ago);
    let entry = json!({
        "_id": wire::id_of(at, "s"), "type": "sgv", "date": at.as_ms(), "dateString": wire::date_text(at), "sgv": 100, "device": "share2"
    });
    entry.as_object().expect("an object").clone()
}

fn admitted(text: &str) -> Vec<i64> {
    let query = query(text).expect("a query");
    (0..6).map(|index| index * 5).filter(|minutes| query.admits(&entry(*minutes))).collect()
}

#[test]
fn counts_are_bounded_and_none_means_all() {
    let count = |text| query(text).map(|query| query.count);
    assert_eq!(count(""), Ok(10));
    assert_eq!(count("count=3"), Ok(3));
    assert_eq!(count("count=many"), Ok(10));
    assert_eq!(count("count=0"), Ok(ENTRIES_MAX_PER_ANSWER));
    assert_eq!(count("count=99999999"), Ok(ENTRIES_MAX_PER_ANSWER));
}

#[test]
fn dates_are_compared_as_moments_in_whichever_form_they_come() {
    // 16:00 UTC is now.
    assert_eq!(admitted("find[date][$gt]=1763999400000"), [0, 5]);
    assert_eq!(admitted("find[date][$gte]=1763999400000"), [0, 5, 10]);
    assert_eq!(admitted("find[dateString][$gte]=2025-11-24T15:50:00.000Z"), [0, 5, 10]);
    assert_eq!(admitted("find[dateString][$gte]=2025-11-24T16:50:00+01:00"), [0, 5, 10]);
    assert_eq!(admitted("find[dateString][$gte]=2025-11-24T16:50:00 01:00"), [0, 5, 10]);
    assert_eq!(admitted("find[dateString][$gte]=1763999400000"), [0, 5, 10]);
    assert_eq!(admitted("find[dateString][$lte]=2025-11-24T15:40"), [20, 25]);
    assert_eq!(admitted("find[date][$gte]=1763999100000&find[date][$lt]=1763999700000"), [10, 15]);
    assert_eq!(admitted("find[dateString][$gte]=2025-11-24").len(), 6);
    assert_eq!(admitted("find[dateString][$gte]=2026").len(), 0);
    assert_eq!(admitted("find[date]=1763999400000"), [10]);
}

#[test]
fn other_fields_are_compared_as_what_they_are() {
    assert_eq!(admitted("find[type][$ne]=cal").len(), 6);
    assert_eq!(admitted("find[type]=mbg").len(), 0);
    assert_eq!(admitted("find[sgv][$gte]=100&find[sgv][$lt]=100.5").len(), 6);
    assert_eq!(admitted("find[device][$in][0]=x&find[device][$in][1]=share2").len(), 6);
    assert_eq!(admitted("find[device][$nin][]=share2").len(), 0);
    assert_eq!(admitted("find[noise][$exists]=true").len(), 0);
    assert_eq!(admitted("find[noise][$gt]=1").len(), 0);
    assert_eq!(query("").map(|query| query.of_id(&wire::id_of(NOW, "s")).admits(&entry(0))), Ok(true));
}

#[test]
fn a_query_without_a_time_looks_four_days_back() {
    let span = |text| query(text).expect("a query").span(NOW);
    assert_eq!(span(""), Span { from: Some(NOW.plus_ms(-4 * DAY_MS)), until: None, is_stated: false });
    assert_eq!(span("find[type]=sgv").from, Some(NOW.plus_ms(-4 * DAY_MS)));
    let until = Some(Timestamp::from_ms(1_763_999_400_000));
    assert_eq!(span("find[date][$lt]=1763999400000"), Span { from: None, until, is_stated: true });
    let both = span("find[date][$gte]=5&find[dateString][$gt]=2025-11-24T15:50:00Z&find[date][$lte]=1763999700000");
    let until = Some(Timestamp::from_ms(1_763_999_700_001));
    assert_eq!(both, Span { from: Some(Timestamp::from_ms(1_763_999_400_001)), until, is_stated: true });
}

#[test]
fn what_cannot_be_answered_truly_is_refused() {
    assert_eq!(query("find[date][$gte]=soon"), Err(NotAQuery("cannot read soon as a valid ISO-8601 date".to_owned())));
    for text in ["find[dateString][$regex]=^2026", "find[$or][0][type]=sgv", "find=1", "find[a][$eq][0][b]=1"] {
        assert!(query(text).is_err(), "{text}");
    }
    let many: Vec<String> = (0..=CONDITIONS_MAX).map(|index| format!("find[sgv][$in][{index}]={index}")).collect();
    assert!(query(&many.join("&")).is_err());
}

proptest! {
    #[test]
    fn whatever_is_asked_nothing_panics(pairs in proptest::collection::vec(("(count|find)?\\PC{0,20}", "\\PC{0,30}"), 0..8)) {
        if let Ok(query) = Query::of(&pairs) {
            let _ = (query.span(NOW), query.admits(&entry(0)));
        }
    }

    #[test]
    fn whatever_is_found_nothing_panics(field in "(date|dateString|sgv|type)", operator in "(eq|ne|gt|gte|lt|lte|in)", value in "[-0-9T:.Z ]{0,24}") {
        if let Ok(query) = Query::of(&[(format!("find[{field}][${operator}]"), value)]) {
            let _ = (query.span(NOW), query.admits(&entry(0)));
        }
    }

    #[test]
    fn what_a_query_admits_lies_within_its_span(minutes_ago in 0_i64..2_000, bound in 0_i64..2_000, operator in "(eq|gt|gte|lt|lte)") {
        let bound = NOW.plus_ms(-60_000 * bound).as_ms().to_string();
        let query = Query::of(&[(format!("find[date][${operator}]"), bound)]).expect("a query");
        let at = NOW.plus_ms(-60_000 * minutes_ago);
        let span = query.span(NOW);
        let within = span.from.is_none_or(|from| from <= at) && span.until.is_none_or(|until| at < until);
        prop_assert_eq!(query.admits(&entry(minutes_ago)), within);
    }
}
