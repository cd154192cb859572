//! The two languages and the message catalogue (`locales/`, Fluent).

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader as _, langid, static_loader};

static_loader! {
    static CATALOGUE = {
        locales: "./locales",
        fallback_language: "zh-CN",
        // Isolation marks around parameters would end up in exports and in tests.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language of the pages. Chinese is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// 简体中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// The tag, as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// From a tag such as `en` or `zh-CN`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', ';']).next()? {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The first known language of an `Accept-Language` header.
    pub fn from_header(header: &str) -> Option<Self> {
        header.split(',').find_map(Self::from_tag)
    }

    const fn id(self) -> LanguageIdentifier {
        match self {
            Self::Zh => langid!("zh-CN"),
            Self::En => langid!("en"),
        }
    }

    /// The message `key`; the key itself, in angle brackets, if the catalogue lacks it.
    pub fn message(self, key: &str) -> String {
        CATALOGUE
            .try_lookup(&self.id(), key)
            .unwrap_or_else(|| format!("‹{key}›"))
    }

    /// The message `key` with parameters.
    pub fn message_with<'a>(
        self,
        key: &str,
        args: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> String {
        let args: HashMap<Cow<'static, str>, FluentValue<'_>> = args
            .into_iter()
            .map(|(name, value)| (Cow::Borrowed(name), FluentValue::from(value)))
            .collect();
        CATALOGUE
            .try_lookup_with_args(&self.id(), key, &args)
            .unwrap_or_else(|| format!("‹{key}›"))
    }
}

/// Whether the catalogue of this very language has the message.
pub fn has_message(lang: Lang, key: &str) -> bool {
    !lang.message(key).starts_with('‹')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_found_in_headers() {
        assert_eq!(Lang::from_header("fr, en-GB;q=0.8, zh"), Some(Lang::En));
        assert_eq!(Lang::from_header("zh-Hans-CN"), Some(Lang::Zh));
        assert_eq!(Lang::from_header("fr"), None);
    }

    #[test]
    fn both_languages_have_the_name_of_the_product() {
        assert_eq!(Lang::Zh.message("brand"), "科举");
        assert_eq!(Lang::En.message("brand"), "Keju");
        assert_eq!(Lang::En.message("no-such-message"), "‹no-such-message›");
    }
}
