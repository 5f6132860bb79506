//! Sentences for the terminal, out of the one catalogue that the web app reads too. It holds no sentence of its own.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

const ENGLISH: &str = include_str!("../../../words/en.ftl");
const GERMAN: &str = include_str!("../../../words/de.ftl");

/// The catalogue in one language.
pub(crate) struct Words {
    bundle: FluentBundle<FluentResource>,
    german: bool,
}

impl Words {
    /// The words of a locale such as `de_DE.UTF-8`; English where there are none.
    pub(crate) fn of(locale: Option<&str>) -> Self {
        let german = locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("de"));
        let (name, text) = if german { ("de", GERMAN) } else { ("en", ENGLISH) };
        let language = name.parse().expect("the name of a language we wrote ourselves");
        let mut bundle = FluentBundle::new(vec![language]);
        bundle.set_use_isolating(false);
        // A faulty message is left out of the catalogue and then said by its key; the tests read every file.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { bundle, german }
    }

    /// Whether the calendar's English names of days fit in.
    pub(crate) const fn is_english(&self) -> bool {
        !self.german
    }

    /// The sentence of `key`, its gaps filled. An unknown key is said as itself.
    pub(crate) fn say(&self, key: &str, gaps: &[(&str, Gap<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut args = FluentArgs::with_capacity(gaps.len());
        for (name, gap) in gaps {
            match gap {
                Gap::Text(text) => args.set(*name, FluentValue::from(*text)),
                Gap::Number(number) => args.set(*name, FluentValue::from(*number)),
            }
        }
        self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }
}

/// What fills a gap in a sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gap<'a> {
    /// A text, or the name of a choice.
    Text(&'a str),
    /// A number; languages bend their words by it.
    Number(i64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_catalogues_are_whole() {
        for text in [ENGLISH, GERMAN] {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
    }

    #[test]
    fn a_sentence_bends_by_its_number_and_language() {
        let english = Words::of(Some("en_GB.UTF-8"));
        assert_eq!(english.say("missing", &[("count", Gap::Number(1))]), "One reading is missing.");
        assert_eq!(english.say("missing", &[("count", Gap::Number(2))]), "2 readings are missing.");
        let german = Words::of(Some("de_AT"));
        assert_eq!(german.say("level", &[("level", Gap::Text("low"))]), "Niedrig");
        assert_eq!(english.say("no-such-key", &[]), "no-such-key");
    }
}
