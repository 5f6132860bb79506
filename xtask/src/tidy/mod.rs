//! The style guide as a test: it reads the repository and complains. It changes nothing and runs nothing but `git` and `cargo metadata`.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "names are compared as git writes them; a file called READING.RS would be a fault of its own"
)]

use std::path::Path;

mod fault;
mod checkout;
mod source;
mod paths;
mod markdown;
mod named_tests;
mod licences;

mod arrows;
mod module_order;
mod shape;
mod words;
mod belonging;
mod links;
mod promises;
pub(crate) mod limits;
mod drawing;
mod advice;
mod label;
mod dependencies;

pub(crate) use checkout::Checkout;

/// Prints every fault; fails if there is one.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let checkout = Checkout::read(root)?;
    let rules: [fn(&Checkout) -> Vec<fault::Fault>; 12] = [
        arrows::faults,
        module_order::faults,
        shape::faults,
        words::faults,
        belonging::faults,
        links::faults,
        promises::faults,
        limits::faults,
        drawing::faults,
        advice::faults,
        label::faults,
        dependencies::manifest_faults,
    ];
    let mut faults: Vec<fault::Fault> = rules.iter().flat_map(|rule| rule(&checkout)).collect();
    faults.extend(dependencies::graph_faults(root, &checkout)?);
    faults.sort();
    faults.dedup();
    for fault in &faults {
        println!("{fault}");
    }
    match faults.len() {
        0 => {
            println!("tidy: nothing to complain about");
            Ok(())
        }
        1 => Err("tidy found 1 fault".to_owned()),
        count => Err(format!("tidy found {count} faults")),
    }
}
