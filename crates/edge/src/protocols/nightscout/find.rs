//! What a reader asks of the entries: `count`, and the part of Nightscout's `find` language that readers of entries use.
//! It judges entries that it is shown; it never fetches one.

use super::wire::{self, Entry};
use keepwatch_model::time::{DAY_MS, HOUR_MS, Timestamp};
use serde_json::Value;

/// Limit: entries in one answer (about ten weeks of five-minute readings); a larger wish is cut down.
pub const ENTRIES_MAX_PER_ANSWER: usize = 20_000;
/// Limit: conditions in one query; a longer query is refused (400).
pub const CONDITIONS_MAX: usize = 32;
/// Entries in an answer when the reader does not say.
const COUNT_DEFAULT: usize = 10;
/// How far back a query looks that says nothing about time.
const UNASKED_SPAN_MS: i64 = 4 * DAY_MS;

/// A query that we cannot answer truly, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAQuery(pub String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    NotIn,
    Exists,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    field: String,
    operator: Operator,
    values: Vec<String>,
}

/// A stretch of time: from (inclusive) until (exclusive), either end open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The moment after the last.
    pub until: Option<Timestamp>,
    /// The query says so itself.
    pub is_stated: bool,
}

/// A query taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// How many entries at most.
    pub count: usize,
    conditions: Vec<Condition>,
}

impl Query {
    /// The query in the decoded pairs of a query string; parameters that we do not know are passed over.
    pub fn of(pairs: &[(String, String)]) -> Result<Self, NotAQuery> {
        let mut query = Self { count: COUNT_DEFAULT, conditions: Vec::new() };
        for (key, value) in pairs {
            if key == "count" {
                query.count = count(value);
            } else if let Some(path) = key.strip_prefix("find") {
                query.add(path, value)?;
            }
        }
        Ok(query)
    }

    /// The same, for so many entries at most.
    #[must_use]
    pub fn at_most(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Asks for entries of one kind besides whatever else is asked.
    #[must_use]
    pub fn of_type(mut self, kind: &str) -> Self {
        self.conditions.push(Condition {
            field: "type".to_owned(),
            operator: Operator::Equal,
            values: vec![kind.to_owned()],
        });
        self
    }

    /// Asks for the one entry of an `_id`.
    #[must_use]
    pub fn of_id(mut self, id: &str) -> Self {
        self.conditions.push(Condition {
            field: "_id".to_owned(),
            operator: Operator::Equal,
            values: vec![id.to_owned()],
        });
        self
    }

    fn add(&mut self, path: &str, value: &str) -> Result<(), NotAQuery> {
        let parts =
            brackets(path).ok_or_else(|| NotAQuery(format!("find{path} is not written as find[field][$operator]")))?;
        let (field, operator) = match parts.as_slice() {
            [field] => (*field, Operator::Equal),
            [field, operator] | [field, operator, _] => (*field, operator_of(operator)?),
            _ => return Err(NotAQuery(format!("find{path} is deeper than this server reads"))),
        };
        if field.starts_with('$') {
            return Err(NotAQuery(format!("{field} is not answered for entries")));
        }
        if matches!(field, "date" | "dateString" | "sysTime") && operator != Operator::Exists && moment(value).is_none()
        {
            return Err(NotAQuery(format!("cannot read {value} as a valid ISO-8601 date")));
        }
        let same = |c: &&mut Condition| c.field == field && c.operator == operator && parts.len() == 3;
        match self.conditions.iter_mut().find(same) {
            Some(condition) => condition.values.push(value.to_owned()),
            None => {
                self.conditions.push(Condition { field: field.to_owned(), operator, values: vec![value.to_owned()] });
            }
        }
        let too_many = self.conditions.iter().map(|condition| condition.values.len()).sum::<usize>() > CONDITIONS_MAX;
        if too_many { Err(NotAQuery(format!("more than {CONDITIONS_MAX} conditions"))) } else { Ok(()) }
    }

    /// The stretch of time that the conditions leave open; four days where nothing narrows it.
    pub fn span(&self, now: Timestamp) -> Span {
        let mut span = Span::default();
        let mut narrow = |from: Option<Timestamp>, until: Option<Timestamp>| {
            span.from = span.from.max(from);
            span.until = [span.until, until].into_iter().flatten().min();
            span.is_stated = true;
        };
        for condition in &self.conditions {
            let Some(value) = condition.values.first() else { continue };
            if condition.field == "_id" && condition.operator == Operator::Equal {
                let second = wire::second_of(value).unwrap_or_default();
                // The place of a reading may lie up to an hour before the moment in its `_id`.
                narrow(Some(second.plus_ms(-2 * HOUR_MS)), Some(second.plus_ms(1_000)));
            } else if let (true, Some(at)) = (is_time(&condition.field), moment(value)) {
                match condition.operator {
                    Operator::Equal => narrow(Some(at), Some(at.plus_ms(1))),
                    Operator::Greater => narrow(Some(at.plus_ms(1)), None),
                    Operator::GreaterOrEqual => narrow(Some(at), None),
                    Operator::Less => narrow(None, Some(at)),
                    Operator::LessOrEqual => narrow(None, Some(at.plus_ms(1))),
                    Operator::NotEqual | Operator::In | Operator::NotIn | Operator::Exists => {}
                }
            }
        }
        if !span.is_stated {
            span.from = Some(now.plus_ms(-UNASKED_SPAN_MS));
        }
        span
    }

    /// Whether an entry is one that was asked for.
    pub fn admits(&self, entry: &Entry) -> bool {
        self.conditions.iter().all(|condition| condition.admits(entry))
    }
}

impl Condition {
    fn admits(&self, entry: &Entry) -> bool {
        let Some(found) = entry.get(&self.field) else {
            return matches!(self.operator, Operator::NotEqual | Operator::NotIn);
        };
        let mut orders = self.values.iter().map(|value| order(&self.field, found, value));
        match self.operator {
            Operator::Equal | Operator::In => orders.any(|order| order == Some(std::cmp::Ordering::Equal)),
            Operator::NotEqual | Operator::NotIn => orders.all(|order| order != Some(std::cmp::Ordering::Equal)),
            Operator::Greater => orders.all(|order| order.is_some_and(std::cmp::Ordering::is_gt)),
            Operator::GreaterOrEqual => orders.all(|order| order.is_some_and(std::cmp::Ordering::is_ge)),
            Operator::Less => orders.all(|order| order.is_some_and(std::cmp::Ordering::is_lt)),
            Operator::LessOrEqual => orders.all(|order| order.is_some_and(std::cmp::Ordering::is_le)),
            // The reference takes any text after `$exists` for yes; so do its clients.
            Operator::Exists => true,
        }
    }
}

/// How what was found stands to what was asked: as moments, as numbers, else as texts.
fn order(field: &str, found: &Value, asked: &str) -> Option<std::cmp::Ordering> {
    if is_time(field) {
        let found = match found {
            Value::String(text) => moment(text)?,
            value => Timestamp::from_ms(wire::number(value)? as i64),
        };
        return Some(found.cmp(&moment(asked)?));
    }
    match found {
        Value::Number(_) => wire::number(found)?.partial_cmp(&asked.trim().parse().ok()?),
        Value::String(text) => Some(text.as_str().cmp(asked)),
        other => Some(other.to_string().as_str().cmp(asked)),
    }
}

/// Fields that are a moment, in whichever form.
fn is_time(field: &str) -> bool {
    matches!(field, "date" | "dateString" | "sysTime")
}

fn moment(text: &str) -> Option<Timestamp> {
    wire::moment_in(text).map(|(at, _)| at).or_else(|| text.parse().ok().map(Timestamp::from_ms))
}

/// The number of entries asked for; nothing readable means the default, none means as many as there are.
fn count(text: &str) -> usize {
    match text.trim().parse::<i64>() {
        Ok(0) => ENTRIES_MAX_PER_ANSWER,
        Ok(count) => count.unsigned_abs().min(ENTRIES_MAX_PER_ANSWER as u64) as usize,
        Err(_) => COUNT_DEFAULT,
    }
}

/// `[date][$gte]` as its parts.
fn brackets(path: &str) -> Option<Vec<&str>> {
    let inner = path.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split("][").collect())
}

fn operator_of(name: &str) -> Result<Operator, NotAQuery> {
    match name {
        "$eq" => Ok(Operator::Equal),
        "$ne" => Ok(Operator::NotEqual),
        "$gt" => Ok(Operator::Greater),
        "$gte" => Ok(Operator::GreaterOrEqual),
        "$lt" => Ok(Operator::Less),
        "$lte" => Ok(Operator::LessOrEqual),
        "$in" => Ok(Operator::In),
        "$nin" => Ok(Operator::NotIn),
        "$exists" => Ok(Operator::Exists),
        _ => Err(NotAQuery(format!("{name} is not answered for entries"))),
    }
}

#[cfg(test)]
mod tests;
