//! Sentences of the pages that the server draws, in the language that the browser asks for. They stand in the one
//! catalogue; here they are only found and filled in.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::OnceLock;

/// The languages of the catalogue, the first being the one for everybody else.
const CATALOGUE: [(&str, &str); 2] =
    [("en", include_str!("../../../words/en.ftl")), ("de", include_str!("../../../words/de.ftl"))];

/// Sentences in one language.
pub(crate) struct Words {
    /// The language's tag.
    pub(crate) language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

fn all() -> &'static [Words] {
    static WORDS: OnceLock<Vec<Words>> = OnceLock::new();
    WORDS.get_or_init(|| CATALOGUE.iter().map(|(language, text)| Words::of(language, text)).collect())
}

/// The words for a browser: of the first language it names that we speak.
pub(crate) fn asked_for(headers: &HeaderMap) -> &'static Words {
    let wish = headers.get(ACCEPT_LANGUAGE).and_then(|wish| wish.to_str().ok()).unwrap_or_default();
    let mut tags = wish.split(',').filter_map(|part| part.split([';', '-']).next()).map(str::trim);
    let known = tags.find_map(|tag| all().iter().find(|words| words.language.eq_ignore_ascii_case(tag)));
    known.unwrap_or(&all()[0])
}

impl Words {
    fn of(language: &'static str, text: &str) -> Self {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let mut bundle = FluentBundle::new_concurrent(vec![language.parse().expect("a language's tag")]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// A sentence.
    pub(crate) fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// A sentence with its gaps filled. A sentence that is missing is a fault that the tests find; a reader sees its key.
    pub(crate) fn say_with(&self, key: &str, gaps: &[(&'static str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in gaps {
            args.set(*name, *value);
        }
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        let mut faults = Vec::new();
        let said = pattern.map(|pattern| self.bundle.format_pattern(pattern, Some(&args), &mut faults).into_owned());
        said.unwrap_or_else(|| key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_catalogue_can_be_read_and_german_is_found() {
        for (language, text) in CATALOGUE {
            assert!(FluentResource::try_new(text.to_owned()).is_ok(), "{language}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(asked_for(&headers).language, "en");
        headers.insert(ACCEPT_LANGUAGE, "fr-FR, de-AT;q=0.8, en".parse().expect("a header"));
        assert_eq!(asked_for(&headers).language, "de");
        assert_eq!(asked_for(&headers).say_with("page-invitation-button", &[("person", "Ada")]), "Werte von Ada sehen");
    }
}
