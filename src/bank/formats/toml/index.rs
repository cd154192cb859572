//! The index of a bank, `bank.toml`: its titles, its sections, what its topics are called.

use toml::Table;

use super::{Fields, clip, done, parse};
use crate::bank::rules::{is_section, is_topic};
use crate::kernel::Fault;

/// The index of a subject, `bank.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The subject's code.
    pub subject: String,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
    /// Its sections in paper order; each is a file of that name.
    pub sections: Vec<String>,
    /// The titles of its topics, in the order written.
    pub topics: Vec<Topic>,
}

/// What a topic is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its code.
    pub code: String,
    /// Its Chinese title.
    pub title_zh: String,
    /// Its English title.
    pub title_en: String,
}

/// Reads the index of a subject. `file` names it in faults.
pub fn read_index(file: &str, text: &str) -> Result<Index, Vec<Fault>> {
    let mut fields = Fields::new(file, parse(file, text)?);
    let (topics, wrong) = read_topics(file, fields.tables("topic"));
    fields.faults.extend(wrong);
    let index = Index {
        topics,
        subject: fields.section("subject"),
        title_zh: fields.title("title_zh"),
        title_en: fields.title("title_en"),
        sections: fields.texts("sections"),
    };
    if index.sections.is_empty() {
        fields.fault("sections", "required");
    }
    // The names become paths of files.
    let strange = index.sections.iter().filter(|section| !is_section(section));
    for section in strange.cloned().collect::<Vec<_>>() {
        fields.found("sections", "bad-code", &section);
    }
    done(index, fields.finish())
}

fn read_topics(file: &str, tables: Vec<Table>) -> (Vec<Topic>, Vec<Fault>) {
    let (mut topics, mut faults) = (Vec::<Topic>::new(), Vec::new());
    for table in tables {
        let mut fields = Fields::new(file, table);
        let code = fields.text("code");
        fields.place = format!("{file}: topic {}", clip(&code));
        if !is_topic(&code) {
            fields.found("code", "bad-code", &code);
        } else if topics.iter().any(|topic| topic.code == code) {
            fields.found("code", "duplicate-code", &code);
        }
        let (title_zh, title_en) = (fields.title("title_zh"), fields.title("title_en"));
        topics.push(Topic {
            code,
            title_zh,
            title_en,
        });
        faults.extend(fields.finish());
    }
    (topics, faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::formats::testing::said;

    #[test]
    fn an_index_names_files_and_nothing_else() {
        let index = |sections: &str| {
            let text = format!("subject = \"s\"\ntitle_zh = \"题\"\ntitle_en = \"T\"\n{sections}");
            read_index("bank.toml", &text)
        };
        assert_eq!(index("sections = [\"a\"]").unwrap().sections, ["a"]);
        assert_eq!(
            said(&index("sections = [\"../a\", \"b\"]").unwrap_err()),
            ["bank.toml: sections: bad-code"]
        );
        assert_eq!(
            said(&index("").unwrap_err()),
            ["bank.toml: sections: required"]
        );
    }

    #[test]
    fn topics_of_an_index_have_a_code_of_their_own_and_titles() {
        let topic = |code: &str, zh: &str| {
            format!("[[topic]]\ncode = \"{code}\"\ntitle_zh = \"{zh}\"\ntitle_en = \"x\"\n")
        };
        let index = |topics: &str| {
            let head = "subject = \"s\"\ntitle_zh = \"甲\"\ntitle_en = \"a\"\nsections = [\"v\"]\n";
            read_index("bank.toml", &format!("{head}{topics}"))
        };
        let titled = index(&topic("v.a", "法律")).unwrap();
        assert_eq!(titled.topics[0].title_zh, "法律");
        let wrong = [topic("v.a", "法律"), topic("v.a", ""), topic("V", "乙")].concat();
        assert_eq!(
            said(&index(&wrong).unwrap_err()),
            [
                "bank.toml: topic v.a: code: duplicate-code",
                "bank.toml: topic v.a: title_zh: required",
                "bank.toml: topic V: code: bad-code"
            ]
        );
    }
}
