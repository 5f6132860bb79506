//! The shape of a file: how long, how long its functions, and whether it opens by saying what it is for.

use crate::tidy::checkout::Checkout;
use crate::tidy::fault::Fault;
use crate::tidy::source::Source;

/// Lines of a file written by hand, of whatever language.
const FILE_LINES_MAX: usize = 500;

/// Lines of a Rust function, from its name to its last brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Languages that people write here.
const WRITTEN: &[&str] = &[".rs", ".ts", ".tsx", ".mjs", ".js", ".css", ".py", ".sh"];

/// Every file or function that outgrew its measure, and every file that does not introduce itself.
pub(crate) fn faults(checkout: &Checkout) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in checkout.texts() {
        if !WRITTEN.iter().any(|end| path.ends_with(end)) || is_generated(path) {
            continue;
        }
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(Fault::of(
                path,
                format!("{lines} lines; at most {FILE_LINES_MAX}: find the wall that is missing and give the rest a file of its own"),
            ));
        }
        faults.extend(opening(path, text));
        if path.ends_with(".rs") {
            faults.extend(long_functions(path, text));
        }
    }
    faults
}

/// `api.gen.ts` is written by a program, which answers for its shape.
fn is_generated(path: &str) -> bool {
    path.contains(".gen.")
}

fn opening(path: &str, text: &str) -> Option<Fault> {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!/")).unwrap_or_default();
    let opens = match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "rs" => first.starts_with("//!"),
        "ts" | "tsx" | "mjs" | "js" | "css" => first.starts_with("//") || first.starts_with("/*"),
        _ => first.starts_with('#') || first.starts_with("\"\"\""),
    };
    (!opens).then(|| Fault::at(path, 1, "opens without saying what it is for and what it never does"))
}

fn long_functions(path: &str, text: &str) -> Vec<Fault> {
    Source::of(text)
        .functions()
        .into_iter()
        .filter(|function| function.lines > FUNCTION_LINES_MAX)
        .map(|function| {
            Fault::at(
                path,
                function.line,
                format!(
                    "{} has {} lines; at most {FUNCTION_LINES_MAX}: its middle wants a name",
                    function.name, function.lines
                ),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        faults(&Checkout::of(&[(path, text)])).len()
    }

    #[test]
    fn a_file_may_have_five_hundred_lines_and_not_one_more() {
        let lines = |count: usize| format!("//! x\n{}", "\n".repeat(count - 1));
        assert_eq!(found("crates/model/src/a.rs", &lines(500)), 0);
        assert_eq!(found("crates/model/src/a.rs", &lines(501)), 1);
        assert_eq!(found("web/src/a.ts", &lines(501)), 1);
        assert_eq!(found("web/src/api.gen.ts", &lines(501)), 0);
    }

    #[test]
    fn a_function_may_have_seventy_lines_and_not_one_more() {
        let function = |lines: usize| format!("//! x\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
        assert_eq!(found("a.rs", &function(70)), 0);
        assert_eq!(found("a.rs", &function(71)), 1);
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(found("a.rs", "use std::fmt;\n"), 1);
        assert_eq!(found("a.rs", "// plain\n"), 1);
        assert_eq!(found("a.rs", "//! what\n"), 0);
        assert_eq!(found("a.ts", "import x;\n"), 1);
        assert_eq!(found("a.ts", "// what\n"), 0);
        assert_eq!(found("run.sh", "#!/usr/bin/env bash\nls\n"), 1);
        assert_eq!(found("run.sh", "#!/usr/bin/env bash\n# what\n"), 0);
    }
}
