//! What the contracts mean, as tests that every store must pass. A store that passes may stand behind everything else.
//! The suite speaks through the two contracts alone.

mod facts;

use crate::journal::Journal;
use crate::records::{Records, Scope, Stretch};
pub(crate) use facts::household;
use facts::{FIRST_DAY, Story, at, check, person, reading, rows};
use keepwatch_model::fact::{Entry, Fact, Seq};
use keepwatch_model::glucose::MgDl;
use keepwatch_model::reading::Reading;
use keepwatch_model::row::Row;
use keepwatch_model::time::{Day, MINUTE_MS, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// A fresh store: what writes, and what is asked.
pub type Pair = (Box<dyn Journal>, Arc<dyn Records>);

/// Runs the whole suite, with a fresh and empty store for each part.
pub fn run(make: &dyn Fn() -> Pair) {
    order_and_horizon(make());
    pages_and_scopes(make());
    since_a_moment(make());
    a_clock_set_back(make());
    corrections_withdrawals_and_revival(make());
    late_entries_after_a_fold(make());
    the_day_after_stays_unfolded(make());
    a_correction_inside_a_fold_under_way(make());
    facts_that_come_during_a_fold(make());
    the_newest_however_old(make());
    rows_as_they_stand(make());
    forgetting(make());
    what_the_journal_said_of_who_is_gone(make());
    folding_changes_nothing(make, 0..3);
}

/// For each seed of a random story: what is known is the same whether days are folded or not.
pub fn folding_changes_nothing(make: &dyn Fn() -> Pair, seeds: Range<u64>) {
    for seed in seeds {
        folding_equals_not_folding(seed, make(), make());
    }
}

fn append(journal: &mut dyn Journal, facts: &[Fact], recorded_at: Timestamp) -> Seq {
    journal.append(facts, recorded_at).expect("a store that can be written")
}

fn fold_all(journal: &mut dyn Journal, today: Day) {
    for _ in 0..10_000 {
        if journal.fold(today, 2).expect("a store that can be written") == 0 {
            return;
        }
    }
    panic!("folding never comes to its end");
}

fn taken(whose: u64, from: u64, measured_at: Timestamp, mg_dl: u16) -> Fact {
    Fact::ReadingTaken(reading(whose, from, measured_at, mg_dl))
}

fn whole_day(records: &dyn Records, whose: u64, day: Day) -> Stretch {
    records.stretch(person(whose), day.start(), day.end()).expect("a store that can be read")
}

fn values(readings: &[Reading]) -> Vec<u16> {
    readings.iter().filter_map(|reading| reading.glucose.measured()).map(MgDl::rounded).collect()
}

fn everything(records: &dyn Records) -> Vec<Entry> {
    records.entries(Scope::Everyone, Seq(0), usize::MAX).expect("a store that can be read")
}

fn order_and_horizon((mut journal, records): Pair) {
    assert_eq!(records.horizon().expect("readable"), Seq(0));
    assert_eq!(everything(&*records), []);
    let facts = [taken(1, 1, at(8, 0), 100), taken(2, 1, at(8, 0), 200), taken(1, 1, at(8, 5), 104)];
    let first = append(&mut *journal, &facts, at(8, 6));
    let next = append(&mut *journal, &[Fact::MeterChecked(check(1, at(8, 7), 112))], at(8, 7));
    assert_eq!(next, Seq(first.0 + 3), "places follow without a gap");
    assert_eq!(append(&mut *journal, &[], at(8, 8)), Seq(next.0 + 1), "nothing appended, nothing taken up");
    assert_eq!(records.horizon().expect("readable"), next);
    let entries = everything(&*records);
    assert_eq!(entries.iter().map(|entry| &entry.fact).collect::<Vec<_>>()[..3], facts.iter().collect::<Vec<_>>());
    assert_eq!(
        entries.iter().map(|entry| entry.recorded_at).collect::<Vec<_>>(),
        [at(8, 6), at(8, 6), at(8, 6), at(8, 7)]
    );
    assert_eq!(entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), (first.0..=next.0).collect::<Vec<_>>());
}

fn pages_and_scopes((mut journal, records): Pair) {
    let facts: Vec<Fact> = (0..50).map(|n| taken(n % 2, 1, at(1, n as i64), 100)).collect();
    append(&mut *journal, &facts, at(2, 0));
    append(&mut *journal, &[Fact::Changed(Box::new(rows(1, "Ada")[0].clone()))], at(2, 0));
    let mut after = Seq(0);
    let mut seen = Vec::new();
    loop {
        let page = records.entries(Scope::Everyone, after, 7).expect("readable");
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = last.seq;
        seen.extend(page.into_iter().map(|entry| entry.fact));
    }
    assert_eq!(seen[..50], facts);
    let hers = records.entries(Scope::Person(person(1)), Seq(0), usize::MAX).expect("readable");
    assert_eq!(hers.len(), 25, "a person's entries are those about her glucose");
    assert!(hers.iter().all(|entry| entry.fact.person() == Some(person(1))));
    assert_eq!(records.entries(Scope::Everyone, Seq(u64::MAX), 7).expect("readable"), []);
}

fn since_a_moment((mut journal, records): Pair) {
    for minute in 0..60 {
        append(&mut *journal, &[taken(1, 1, at(1, minute), 100), taken(2, 1, at(1, minute), 100)], at(1, minute));
    }
    let count_since = |moment| {
        let mut count = 0;
        let horizon = records
            .recorded_since(moment, &mut |entry| {
                assert!(entry.recorded_at >= moment);
                count += 1;
            })
            .expect("readable");
        assert_eq!(horizon, records.horizon().expect("readable"));
        count
    };
    assert_eq!(count_since(at(0, 0)), 120);
    assert_eq!(count_since(at(1, 0)), 120);
    assert_eq!(count_since(at(1, 30)), 60);
    assert_eq!(count_since(at(1, 29).plus_ms(1)), 60);
    assert_eq!(count_since(at(1, 59)), 2);
    assert_eq!(count_since(at(1, 59).plus_ms(1)), 0);
}

fn a_clock_set_back((mut journal, records): Pair) {
    append(&mut *journal, &[taken(1, 1, at(9, 0), 100)], at(9, 0));
    append(&mut *journal, &[taken(1, 1, at(8, 0), 90)], at(8, 0));
    let moments: Vec<Timestamp> = everything(&*records).iter().map(|entry| entry.recorded_at).collect();
    assert!(moments.is_sorted(), "time in the journal never runs backwards");
    assert_eq!(values(&whole_day(&*records, 1, FIRST_DAY).readings), [90, 100]);
}

fn corrections_withdrawals_and_revival((mut journal, records): Pair) {
    let key = reading(1, 1, at(8, 5), 0).key();
    let corrected = Fact::ReadingCorrected(reading(1, 1, at(8, 0), 95));
    let steps: [(Fact, &[u16], usize); 5] = [
        (taken(1, 1, at(8, 0), 100), &[100], 0),
        (taken(1, 1, at(8, 5), 105), &[100, 105], 0),
        (corrected, &[95, 105], 0),
        (Fact::ReadingWithdrawn(key), &[95], 1),
        (taken(1, 1, at(8, 5), 107), &[95, 107], 0),
    ];
    for (fact, expected, tombstones) in steps {
        append(&mut *journal, &[fact], at(8, 6));
        let stretch = whole_day(&*records, 1, FIRST_DAY);
        assert_eq!(values(&stretch.readings), expected);
        assert_eq!(stretch.withdrawn.len(), tombstones);
    }
    let part = records.stretch(person(1), at(8, 0), at(8, 5)).expect("readable");
    assert_eq!(values(&part.readings), [95], "from is in, until is out");
    assert_eq!(records.stretch(person(1), at(8, 5), at(8, 5)).expect("readable"), Stretch::default());
    assert_eq!(whole_day(&*records, 2, FIRST_DAY), Stretch::default());
    let ever =
        records.stretch(person(1), Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX)).expect("readable");
    assert_eq!(values(&ever.readings), [95, 107], "all of time can be asked for");
}

fn late_entries_after_a_fold((mut journal, records): Pair) {
    append(&mut *journal, &[taken(1, 1, at(8, 0), 100), taken(1, 1, at(8, 5), 105)], at(8, 6));
    fold_all(&mut *journal, FIRST_DAY.plus_days(1));
    let late = [
        taken(1, 1, at(8, 10), 110),
        Fact::ReadingCorrected(reading(1, 1, at(8, 5), 106)),
        Fact::ReadingWithdrawn(reading(1, 1, at(8, 0), 0).key()),
        Fact::MeterChecked(check(1, at(8, 2), 99)),
    ];
    append(&mut *journal, &late, at(30, 0));
    let holds = |records: &dyn Records| {
        let stretch = whole_day(records, 1, FIRST_DAY);
        assert_eq!(values(&stretch.readings), [106, 110]);
        assert_eq!((stretch.withdrawn.len(), stretch.meter_checks.len()), (1, 1));
    };
    holds(&*records);
    fold_all(&mut *journal, FIRST_DAY.plus_days(2));
    holds(&*records);
    append(&mut *journal, &[taken(1, 1, at(8, 0), 101)], at(55, 0));
    assert_eq!(values(&whole_day(&*records, 1, FIRST_DAY).readings), [101, 106, 110], "what was withdrawn came back");
    fold_all(&mut *journal, FIRST_DAY.plus_days(3));
    assert_eq!(values(&whole_day(&*records, 1, FIRST_DAY).readings), [101, 106, 110]);
    assert_eq!(whole_day(&*records, 1, FIRST_DAY).withdrawn, []);
}

fn the_day_after_stays_unfolded((mut journal, records): Pair) {
    // A minute ahead at midnight: recorded on the first day, with a place in the second.
    append(&mut *journal, &[taken(1, 1, at(23, 55), 100), taken(1, 1, at(24, 0), 101)], at(23, 59));
    append(&mut *journal, &[taken(1, 1, at(24, 5), 102)], at(24, 5));
    assert!(journal.fold(FIRST_DAY.plus_days(1), 1).expect("writable") > 0);
    fold_all(&mut *journal, FIRST_DAY.plus_days(1));
    assert_eq!(values(&whole_day(&*records, 1, FIRST_DAY.plus_days(1)).readings), [101, 102]);
    let both = records.stretch(person(1), at(0, 0), at(48, 0)).expect("readable");
    assert_eq!(values(&both.readings), [100, 101, 102]);
    fold_all(&mut *journal, FIRST_DAY.plus_days(2));
    assert_eq!(
        records.stretch(person(1), at(0, 0), at(48, 0)).map(|both| values(&both.readings)).ok(),
        Some(vec![100, 101, 102])
    );
}

fn a_correction_inside_a_fold_under_way((mut journal, records): Pair) {
    append(&mut *journal, &[taken(1, 1, at(8, 0), 100), taken(2, 1, at(8, 0), 200)], at(8, 1));
    append(
        &mut *journal,
        &[Fact::ReadingCorrected(reading(1, 1, at(8, 0), 105)), taken(1, 1, at(30, 0), 130)],
        at(30, 0),
    );
    loop {
        assert_eq!(
            values(&whole_day(&*records, 1, FIRST_DAY).readings),
            [105],
            "what was corrected stays so while folding"
        );
        let newest = records.newest(person(1)).expect("readable");
        assert_eq!(values(&newest), [130]);
        if journal.fold(FIRST_DAY.plus_days(2), 1).expect("writable") == 0 {
            break;
        }
    }
}

fn facts_that_come_during_a_fold((mut journal, records): Pair) {
    let facts: Vec<Fact> = (1..4).map(|whose| taken(whose, 1, at(8, 0), 100)).collect();
    append(&mut *journal, &facts, at(8, 1));
    // Midnight passed for the one who folds, but not yet for the one who appends.
    assert!(journal.fold(FIRST_DAY.plus_days(1), 1).expect("writable") > 0);
    append(&mut *journal, &[taken(1, 1, at(23, 55), 102), taken(3, 1, at(23, 55), 103)], at(23, 59));
    append(&mut *journal, &[taken(1, 1, at(9, 0), 101), taken(3, 1, at(9, 0), 101)], at(24, 5));
    loop {
        assert_eq!(values(&whole_day(&*records, 1, FIRST_DAY).readings), [100, 101, 102]);
        assert_eq!(values(&whole_day(&*records, 3, FIRST_DAY).readings), [100, 101, 103]);
        if journal.fold(FIRST_DAY.plus_days(1), 1).expect("writable") == 0 {
            break;
        }
    }
}

fn the_newest_however_old((mut journal, records): Pair) {
    let newest = |records: &dyn Records| values(&records.newest(person(1)).expect("readable"));
    assert_eq!(newest(&*records), [0_u16; 0]);
    append(&mut *journal, &[taken(1, 1, at(8, 0), 100), taken(1, 2, at(9, 0), 200)], at(9, 1));
    append(&mut *journal, &[taken(1, 2, at(33, 0), 210), taken(2, 1, at(33, 0), 50)], at(33, 0));
    assert_eq!(newest(&*records), [210, 100], "for each source its newest, the newest first");
    fold_all(&mut *journal, FIRST_DAY.plus_days(400));
    assert_eq!(newest(&*records), [210, 100]);
    append(&mut *journal, &[Fact::ReadingWithdrawn(reading(1, 2, at(33, 0), 0).key())], at(100, 0));
    assert_eq!(newest(&*records), [200, 100], "the newest block is empty now: an older one is asked");
    fold_all(&mut *journal, FIRST_DAY.plus_days(400));
    assert_eq!(newest(&*records), [200, 100]);
    append(&mut *journal, &[taken(1, 1, at(200, 0), 120), taken(1, 2, at(7, 0), 90)], at(200, 0));
    assert_eq!(newest(&*records), [120, 200], "backfill is not the newest");
}

fn rows_as_they_stand((mut journal, records): Pair) {
    let changed = |row: &Row| Fact::Changed(Box::new(row.clone()));
    let ada = rows(1, "Ada");
    append(&mut *journal, &ada.iter().map(changed).collect::<Vec<_>>(), at(0, 0));
    append(&mut *journal, &[changed(&rows(1, "Ida")[0])], at(0, 1));
    let standing = records.rows().expect("readable");
    assert_eq!(standing.len(), ada.len());
    assert!(standing.contains(&rows(1, "Ida")[0]) && !standing.contains(&ada[0]), "a change replaces");
    append(&mut *journal, &[Fact::Removed(ada[0].key()), Fact::Removed(ada[0].key())], at(0, 2));
    assert_eq!(records.rows().expect("readable").len(), ada.len() - 1);
    assert_eq!(everything(&*records).len(), ada.len() + 3, "each change is a fact too");
}

fn forgetting((mut journal, records): Pair) {
    for (whose, name) in [(1, "Ada"), (2, "Ben")] {
        let changed = rows(whose, name).into_iter().map(|row| Fact::Changed(Box::new(row)));
        append(&mut *journal, &changed.collect::<Vec<_>>(), at(0, 0));
    }
    for (hours, today) in [(8, 1), (32, 2), (57, 2)] {
        append(&mut *journal, &[taken(1, 1, at(hours, 0), 100), taken(2, 1, at(hours, 0), 200)], at(hours, 0));
        fold_all(&mut *journal, FIRST_DAY.plus_days(today));
    }
    append(&mut *journal, &[taken(1, 1, at(3, 0), 100), Fact::MeterChecked(check(1, at(57, 5), 110))], at(57, 10));
    let gone = append(&mut *journal, &[Fact::PersonForgotten(person(1))], at(58, 0));
    let week = |whose| records.stretch(person(whose), at(0, 0), at(168, 0)).expect("readable");
    assert_eq!(week(1), Stretch::default());
    assert_eq!(records.newest(person(1)).expect("readable"), []);
    assert_eq!(values(&week(2).readings), [200, 200, 200], "nobody else loses anything");
    let hers = records.entries(Scope::Person(person(1)), Seq(0), usize::MAX).expect("readable");
    assert_eq!(hers.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [gone], "that she was forgotten is remembered");
    assert!(!all_text(&*records).contains("Ada") && all_text(&*records).contains("Ben"));
    assert_eq!(append(&mut *journal, &[taken(1, 1, at(59, 0), 120)], at(59, 0)), Seq(gone.0 + 1));
    fold_all(&mut *journal, FIRST_DAY.plus_days(5));
    assert_eq!(values(&week(1).readings), [120], "who comes back begins anew");
}

/// All that can be asked for, as text.
fn all_text(records: &dyn Records) -> String {
    format!("{:?}", (everything(records), records.rows().expect("readable")))
}

fn what_the_journal_said_of_who_is_gone((mut journal, records): Pair) {
    let rows = household(9, "Mimosa");
    let changed: Vec<Fact> = rows.iter().cloned().map(|row| Fact::Changed(Box::new(row))).collect();
    let removed = |rows: &[Row]| rows.iter().map(|row| Fact::Removed(row.key())).collect::<Vec<_>>();
    let kept = household(7, "Ben")[2].clone();
    append(&mut *journal, &changed, at(0, 0));
    append(&mut *journal, &[Fact::Changed(Box::new(kept.clone()))], at(0, 0));
    // An invitation that a later one took the place of, long before.
    append(&mut *journal, &removed(&rows[..1]), at(0, 1));
    // A follow ends and with it the account; her family stays.
    append(&mut *journal, &removed(&rows[2..]), at(1, 0));
    let text = all_text(&*records);
    assert!(!text.contains("Mimosa's") && !text.contains("hash of Mimosa"), "{text}");
    assert!(text.contains("Mimosa"), "the family is still there");
    let mut end = removed(&rows[1..2]);
    end.push(Fact::PersonForgotten(person(1)));
    append(&mut *journal, &end, at(2, 0));
    assert!(!all_text(&*records).contains("Mimosa"));
    let standing = everything(&*records);
    assert_eq!(standing.iter().filter(|entry| matches!(entry.fact, Fact::Removed(_))).count(), rows.len());
    assert_eq!(records.rows().expect("readable"), std::slice::from_ref(&kept));
    assert!(standing.iter().any(|entry| entry.fact == Fact::Changed(Box::new(kept.clone()))), "others stay");
}

/// What a day block keeps of a reading: its receipt to the minute below.
fn coarse(mut reading: Reading) -> Reading {
    let minutes = reading.received_at.ms_since(reading.place).div_euclid(MINUTE_MS);
    reading.received_at = reading.place.plus_ms(minutes * MINUTE_MS);
    reading
}

fn known(records: &dyn Records) -> Vec<(Stretch, Vec<Reading>)> {
    let mut of_all = Vec::new();
    records.newest_of_all(&mut |reading| of_all.push(reading)).expect("readable");
    let mut of_each: Vec<Reading> = (0..3).flat_map(|whose| records.newest(person(whose)).expect("readable")).collect();
    of_all.sort_by_key(|reading| (reading.person, reading.source));
    of_each.sort_by_key(|reading| (reading.person, reading.source));
    assert_eq!(of_all, of_each, "everyone's newest are each one's");
    let of = |whose| {
        let mut stretch = records.stretch(person(whose), at(-200, 0), at(400, 0)).expect("readable");
        stretch.readings = stretch.readings.into_iter().map(coarse).collect();
        let newest = records.newest(person(whose)).expect("readable").into_iter().map(coarse).collect();
        (stretch, newest)
    };
    (0..3).map(of).collect()
}

fn folding_equals_not_folding(seed: u64, plain: Pair, folded: Pair) {
    let (mut plain, plain_records) = plain;
    let (mut folded, folded_records) = folded;
    let mut story = Story::new(seed);
    let mut now = at(0, 0);
    // Who folds seldom has folds that go over several days.
    let seldom = 2 + seed % 5 * 6;
    for step in 0..60 {
        now = now.plus_ms(story.pause_ms());
        let facts = story.facts(now);
        append(&mut *plain, &facts, now);
        append(&mut *folded, &facts, now);
        if story.one_in(seldom) {
            folded.fold(now.day(), 1).expect("a store that can be written");
        }
        if story.one_in(4 * seldom) {
            fold_all(&mut *folded, now.day());
        }
        if story.one_in(4) {
            assert_eq!(known(&*folded_records), known(&*plain_records), "seed {seed}, step {step}");
        }
    }
    fold_all(&mut *folded, now.day().plus_days(3));
    let (all, again) = (known(&*plain_records), known(&*folded_records));
    assert_eq!(again, all, "seed {seed}");
    for (stretch, newest) in all {
        for reading in newest {
            let mut of_source = stretch.readings.iter().filter(|other| other.source == reading.source);
            assert_eq!(of_source.next_back(), Some(&reading), "seed {seed}");
        }
    }
    assert_eq!(everything(&*folded_records), everything(&*plain_records), "folding takes no entry away");
}
