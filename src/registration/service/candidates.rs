//! Candidates: their account, the facts they state, their photograph.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Facts, seal, unseal};
use crate::access::service::{self as access, NewAccount};
use crate::access::{Actor, Role};
use crate::kernel::resident_id::ResidentId;
use crate::kernel::{Id, Instant, Problem};
use crate::ledger::{self, Entry};
use crate::registration::photo::{self, Photograph};
use crate::registration::rules;
use crate::registration::store::{self, CandidateRow, PhotoRow};
use crate::regulation::{self, Phase};
use crate::store::{Tx, View};

/// Opens the account of a candidate whose fields are checked; one per resident ID number.
pub fn register(
    tx: &mut Tx<'_>,
    account: NewAccount,
    resident: &ResidentId,
) -> Result<Id, Problem> {
    let id = access::open_account(tx, account, Role::Candidate, None)?;
    let row = CandidateRow {
        account_id: id,
        resident_index: tx.vault.index("resident", resident.reveal()),
        resident_sealed: tx.vault.seal(resident.reveal())?,
        facts_sealed: seal(tx.vault, &None::<Facts>)?,
        updated_at: tx.now,
    };
    store::insert_candidate(tx, &row)?;
    let inputs = json!({ "account": id, "role": Role::Candidate });
    let entry = Entry::new("account.opened", Some(id), Role::Candidate.as_str());
    ledger::record(tx, &entry.on(inputs).outcome("opened"))?;
    Ok(id)
}

/// A candidate, as shown to herself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CandidateView {
    /// The account.
    pub account: Id,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Resident ID number, masked.
    pub resident_id: String,
    /// What she states, once she has.
    pub facts: Option<Facts>,
    /// Her photograph, once there is one.
    pub photo: Option<PhotoView>,
}

/// What is known of a photograph, without its content.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PhotoView {
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// When it was uploaded.
    pub uploaded_at: Instant,
}

/// A photograph, to be sent to somebody who may see it.
pub struct PhotoContent {
    /// Its media type.
    pub media_type: String,
    /// The image.
    pub content: Vec<u8>,
}

/// The actor as a candidate.
pub fn candidate(view: &mut View<'_>, actor: &Actor) -> Result<CandidateView, Problem> {
    actor.acting_as(&[Role::Candidate])?;
    let row = store::candidate(view.db, actor.account)?;
    let photo = store::photo(view.db, actor.account)?.map(|row| PhotoView {
        media_type: row.media_type,
        width: row.width,
        height: row.height,
        uploaded_at: row.uploaded_at,
    });
    Ok(CandidateView {
        account: actor.account,
        name: access::name_of(view, actor.account)?,
        email: access::email_of(view, actor.account)?,
        resident_id: resident(view, &row)?.to_string(),
        facts: unseal(view.vault, &row.facts_sealed)?,
        photo,
    })
}

/// States facts. Applications already submitted keep the facts they were submitted with.
pub fn put_facts(tx: &mut Tx<'_>, actor: &Actor, facts: &Facts) -> Result<(), Problem> {
    actor.acting_as(&[Role::Candidate])?;
    rules::check_facts(facts)?;
    let sealed = seal(tx.vault, &Some(facts))?;
    store::set_facts(tx, actor.account, &sealed)
}

/// Puts the photograph. `declared` is the media type that came with it, if any.
pub fn put_photo(
    tx: &mut Tx<'_>,
    actor: &Actor,
    content: &[u8],
    declared: Option<&str>,
) -> Result<(), Problem> {
    actor.acting_as(&[Role::Candidate])?;
    let photograph = photo::read(content, declared)?;
    store::hold_candidate(tx, actor.account)?;
    must_not_be_in_use(tx, actor.account)?;
    let pixels = |side: usize| i32::try_from(side).map_err(Problem::internal);
    let row = PhotoRow {
        account_id: actor.account,
        media_type: photograph.format.media_type().to_owned(),
        width: pixels(photograph.width)?,
        height: pixels(photograph.height)?,
        content_sealed: tx.vault.seal(content)?,
        uploaded_at: tx.now,
    };
    store::put_photo(tx, &row)
}

/// Who was approved by her photograph sits with that photograph: until the sittings are over it
/// stays as it was reviewed.
fn must_not_be_in_use(view: &mut View<'_>, account: Id) -> Result<(), Problem> {
    for examination in store::examinations_approving(view.db, account)? {
        if regulation::service::load(view, examination)?.phase < Phase::Marking {
            return Err(Problem::conflict("photo-in-use"));
        }
    }
    Ok(())
}

/// The actor's own photograph.
pub fn own_photo(view: &mut View<'_>, actor: &Actor) -> Result<PhotoContent, Problem> {
    actor.acting_as(&[Role::Candidate])?;
    photo_of(view, actor.account)
}

pub(super) fn photo_of(view: &mut View<'_>, account: Id) -> Result<PhotoContent, Problem> {
    let row = store::photo(view.db, account)?.ok_or_else(Problem::not_found)?;
    Ok(PhotoContent {
        media_type: row.media_type,
        content: view.vault.open_bytes(&row.content_sealed)?,
    })
}

/// The facts of an account that has stated them.
pub(super) fn stated_facts(view: &mut View<'_>, account: Id) -> Result<Facts, Problem> {
    let row = store::candidate(view.db, account)?;
    let facts: Option<Facts> = unseal(view.vault, &row.facts_sealed)?;
    facts.ok_or_else(|| Problem::conflict("facts-missing"))
}

/// Refuses without a photograph that is good enough for the examination.
pub(super) fn photo_must_fit(
    view: &mut View<'_>,
    account: Id,
    asked: regulation::Photo,
) -> Result<(), Problem> {
    let missing = || Problem::conflict("photo-missing");
    let content = photo_of(view, account).map_err(|_| missing())?.content;
    let photograph: Photograph = photo::read(&content, None)?;
    Problem::unless_valid(photograph.faults_under(asked))
}

pub(super) fn resident_of(view: &mut View<'_>, account: Id) -> Result<ResidentId, Problem> {
    let row = store::candidate(view.db, account)?;
    resident(view, &row)
}

fn resident(view: &View<'_>, row: &CandidateRow) -> Result<ResidentId, Problem> {
    let number = view.vault.open_text(&row.resident_sealed)?;
    ResidentId::parse(&number).map_err(Problem::internal)
}
