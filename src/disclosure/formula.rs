//! How a candidate's marks combine, written out so that it can be followed by hand. Pure.

use crate::kernel::Score;
use crate::ranking::results::OwnComponent;
use crate::regulation::FULL_MARKS;

/// `行政职业能力测验 71.05 × 30% + 申论 66.5 × 30%`, of the components that `counts`; none if one
/// of them has no mark.
pub(super) fn sum(
    first: Option<(&str, Score)>,
    components: &[OwnComponent],
    title: impl Fn(&OwnComponent) -> String,
    counts: impl Fn(&OwnComponent) -> bool,
) -> Option<String> {
    let mut parts: Vec<String> = first
        .into_iter()
        .map(|(name, score)| format!("{name} {score}"))
        .collect();
    for component in components.iter().filter(|c| counts(c)) {
        let Some(percent) = &component.percent else {
            continue;
        };
        let mark = component.decided.mark?;
        let scale = if component.max == FULL_MARKS {
            String::new()
        } else {
            format!(" ÷ {} × 100", component.max)
        };
        parts.push(format!("{} {mark}{scale} × {percent}%", title(component)));
    }
    (!parts.is_empty()).then(|| parts.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::MarkState;
    use crate::ranking::results::DecidedMark;

    fn component(title: &str, max: &str, mark: Option<&str>) -> OwnComponent {
        OwnComponent {
            component: title.to_owned(),
            title_zh: title.to_owned(),
            title_en: String::new(),
            max: max.parse().unwrap(),
            percent: Some("30".to_owned()),
            written: true,
            decided: DecidedMark {
                state: MarkState::Marked,
                mark: mark.map(|mark| mark.parse().unwrap()),
            },
            on_trial: Vec::new(),
        }
    }

    fn written(components: &[OwnComponent]) -> Option<String> {
        sum(None, components, |c| c.title_zh.clone(), |c| c.written)
    }

    #[test]
    fn a_sum_names_every_mark_its_scale_and_its_weight() {
        let both = [
            component("行测", "100", Some("71.05")),
            component("申论", "150", Some("99")),
        ];
        let expected = "行测 71.05 × 30% + 申论 99 ÷ 150 × 100 × 30%";
        assert_eq!(written(&both).as_deref(), Some(expected));
    }

    #[test]
    fn an_absence_leaves_nothing_to_add() {
        assert_eq!(written(&[component("行测", "100", None)]), None);
    }
}
