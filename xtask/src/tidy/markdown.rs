//! The little of Markdown that tidy reads: tables, links, headings, code. Fenced blocks are skipped.

/// A row of a table, cell by cell, with its line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) cells: Vec<String>,
}

/// Every row of every table that is not a heading or its rule.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let lines = prose(text);
    let is_rule = |line: &str| line.starts_with('|') && line.chars().all(|letter| "|-: ".contains(letter));
    let mut rows = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        let heads = lines.get(at + 1).is_some_and(|(_, next)| is_rule(next.trim()));
        let line = line.trim();
        if line.starts_with('|') && !heads && !is_rule(line) {
            rows.push(Row { line: *number, cells: cells(line) });
        }
    }
    rows
}

/// A cell ends at a bar that is neither escaped nor inside code.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim_start_matches('|');
    let mut cells = vec![String::new()];
    let mut in_code = false;
    let mut escaped = false;
    for letter in inner.chars() {
        match letter {
            '`' if !escaped => in_code = !in_code,
            '|' if !escaped && !in_code => {
                cells.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if let Some(cell) = cells.last_mut() {
            cell.push(letter);
        }
    }
    if cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// The targets of all links and pictures, as written.
pub(crate) fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        for (at, _) in line.match_indices("](") {
            let target = &line[at + 2..];
            if let Some(end) = target.find(')') {
                let target = target[..end].split_whitespace().next().unwrap_or_default();
                links.push((number, target.to_owned()));
            }
        }
    }
    links
}

/// What each heading is called in an address.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    prose(text)
        .into_iter()
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}

/// Everything between single back-quotes.
pub(crate) fn code(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        for (at, part) in line.split('`').enumerate() {
            if at % 2 == 1 {
                found.push((number, part.to_owned()));
            }
        }
    }
    found
}

fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((at + 1, line));
        }
    }
    lines
}

fn without_code(line: &str) -> String {
    line.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_out_heading_and_rule() {
        let text = "| a | b |\n| --- | --: |\n| 1 | `x|y` \\| z |\n\n```\n| not | this |\n```\n";
        assert_eq!(rows(text), [Row { line: 3, cells: vec!["1".to_owned(), "`x|y` \\| z".to_owned()] }]);
    }

    #[test]
    fn an_empty_cell_in_the_middle_stays() {
        assert_eq!(rows("| a |  | c |\n")[0].cells, ["a", "", "c"]);
    }

    #[test]
    fn links_in_code_are_not_links() {
        let text = "[a](b.md#c) ![p](p.png \"title\") `[d](e)`\n```\n[f](g)\n```\n";
        assert_eq!(links(text), [(1, "b.md#c".to_owned()), (1, "p.png".to_owned())]);
    }

    #[test]
    fn headings_become_anchors() {
        assert_eq!(
            anchors("## 5. The path of a reading\n# One, two: three\n"),
            ["5-the-path-of-a-reading", "one-two-three"]
        );
    }
}
