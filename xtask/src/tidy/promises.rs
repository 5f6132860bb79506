//! What we promise and what could harm somebody: each row of both pages is held by a test that exists (P13).

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::markdown::{Row, rows};
use crate::tidy::named_tests::{in_cell, missing};

const PROMISES: &str = "docs/promises.md";
const HAZARDS: &str = "docs/safety/hazards.md";

/// Columns of the promises: number, promise, test.
const PROMISE_COLUMNS: usize = 3;

/// Columns of the hazards: number, hazard, situation, harm, severity, control, test, what remains.
const HAZARD_COLUMNS: usize = 8;
const CONTROL: usize = 5;
const CONTROL_TEST: usize = 6;

/// Every promise or control that nothing holds.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for row in rows_of(checkout, PROMISES, PROMISE_COLUMNS, &mut faults) {
        faults.extend(held(checkout, PROMISES, &row, &row.cells[PROMISE_COLUMNS - 1], 1));
    }
    for row in rows_of(checkout, HAZARDS, HAZARD_COLUMNS, &mut faults) {
        let controls = row.cells[CONTROL].split("<br>").filter(|control| !control.trim().is_empty()).count();
        if controls == 0 {
            faults.push(Fault::at(HAZARDS, row.line, format!("{}: a hazard without a control", row.cells[0])));
        }
        faults.extend(held(checkout, HAZARDS, &row, &row.cells[CONTROL_TEST], controls));
        if row.cells.iter().any(String::is_empty) {
            faults.push(Fault::at(HAZARDS, row.line, format!("{}: an empty cell", row.cells[0])));
        }
    }
    faults
}

/// The rows of a page's tables; those of another width are a fault, so that no row slips by.
fn rows_of(checkout: &Checkout, page: &str, columns: usize, faults: &mut Vec<Fault>) -> Vec<Row> {
    let Some(text) = checkout.text(page) else {
        faults.push(Fault::of(page, "is missing"));
        return Vec::new();
    };
    let (good, bad): (Vec<Row>, Vec<Row>) = rows(text).into_iter().partition(|row| row.cells.len() == columns);
    for row in bad {
        faults.push(Fault::at(page, row.line, format!("has {} cells; every row here has {columns}", row.cells.len())));
    }
    if good.is_empty() {
        faults.push(Fault::of(page, "has no row"));
    }
    good
}

fn held(checkout: &Checkout, page: &str, row: &Row, cell: &str, at_least: usize) -> Vec<Fault> {
    let named = in_cell(cell);
    let mut faults = Vec::new();
    if named.len() < at_least {
        faults.push(Fault::at(
            page,
            row.line,
            format!("{}: {at_least} to hold, {} tests named", row.cells[0], named.len()),
        ));
    }
    for name in named {
        if let Some(sentence) = missing(checkout, name) {
            faults.push(Fault::at(page, row.line, format!("{}: {sentence}", row.cells[0])));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD_PROMISES: &str = "| | We promise | Held by |\n| --- | --- | --- |\n| P1 | x | `a.rs::holds` |\n";
    const HEAD: &str = "| | Hazard | Situation | Harm | Severity | Control | Test | What remains |\n|---|---|---|---|---|---|---|---|\n";

    fn found(promises: &str, hazard: &str) -> Vec<String> {
        let hazards = format!("{HEAD}{hazard}");
        let checkout = Checkout::of(&[("a.rs", "#[test]\nfn holds() {}\n"), (PROMISES, promises), (HAZARDS, &hazards)]);
        faults(&checkout).iter().map(ToString::to_string).collect()
    }

    fn hazard(control: &str, test: &str) -> String {
        format!("| H1 | a | b | c | major | {control} | {test} | d |\n")
    }

    #[test]
    fn a_promise_names_a_test_that_exists() {
        let good = hazard("shows age", "`a.rs::holds`");
        assert!(found(GOOD_PROMISES, &good).is_empty());
        let gone = GOOD_PROMISES.replace("holds", "is_gone");
        assert_eq!(found(&gone, &good), ["docs/promises.md:3: P1: `a.rs::is_gone`: a.rs has no test of that name"]);
        let none = GOOD_PROMISES.replace("`a.rs::holds`", "later");
        assert_eq!(found(&none, &good).len(), 1);
        let short = GOOD_PROMISES.replace("| `a.rs::holds` |", "|");
        assert_eq!(found(&short, &good).len(), 2);
    }

    #[test]
    fn a_control_without_a_test_is_a_fault() {
        assert_eq!(found(GOOD_PROMISES, &hazard("shows age", "by eye")).len(), 1);
        assert_eq!(found(GOOD_PROMISES, &hazard("shows age", "`a.rs::is_gone`")).len(), 1);
        assert_eq!(found(GOOD_PROMISES, &hazard("shows age<br>says old", "`a.rs::holds`")).len(), 1);
        assert!(found(GOOD_PROMISES, &hazard("shows age<br>says old", "`a.rs::holds`<br>`a.rs::holds`")).is_empty());
    }

    #[test]
    fn a_hazard_without_a_control_is_a_fault() {
        assert!(!found(GOOD_PROMISES, &hazard("", "`a.rs::holds`")).is_empty());
        assert!(!found(GOOD_PROMISES, "").is_empty());
    }
}
