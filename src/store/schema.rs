//! The tables, by hand and once for both databases; `migrations/` holds their definitions.

#![allow(missing_docs)]

diesel::table! {
    account (id) {
        id -> Binary,
        login_index -> Binary,
        login_sealed -> Binary,
        name_sealed -> Binary,
        password_hash -> Text,
        state -> Text,
        must_change_password -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    account_role (account_id, role) {
        account_id -> Binary,
        role -> Text,
        granted_by -> Nullable<Binary>,
        granted_at -> BigInt,
    }
}

diesel::table! {
    session (id) {
        id -> Binary,
        account_id -> Binary,
        kind -> Text,
        token_hash -> Binary,
        created_at -> BigInt,
        seen_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_token (token_hash) {
        token_hash -> Binary,
        session_id -> Binary,
        issued_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sign_up (token_hash) {
        token_hash -> Binary,
        login_sealed -> Binary,
        name_sealed -> Binary,
        resident_sealed -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    password_reset (token_hash) {
        token_hash -> Binary,
        account_id -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    sign_in_guard (login_index) {
        login_index -> Binary,
        failures -> Integer,
        failed_at -> BigInt,
        locked_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    working_calendar (year) {
        year -> Integer,
        arrangement -> Text,
        entered_by -> Binary,
        entered_at -> BigInt,
    }
}

diesel::table! {
    installation (id) {
        id -> Integer,
        key_check -> Binary,
    }
}

diesel::table! {
    mail (id) {
        id -> Binary,
        recipient_sealed -> Binary,
        subject_sealed -> Binary,
        body_sealed -> Binary,
        created_at -> BigInt,
        sent_at -> Nullable<BigInt>,
        attempts -> Integer,
        next_attempt_at -> BigInt,
    }
}

diesel::table! {
    idempotency_key (account_id, key) {
        account_id -> Binary,
        key -> Text,
        request_hash -> Binary,
        response_sealed -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    organisation (id) {
        id -> Binary,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    headcount (organisation_id, kind) {
        organisation_id -> Binary,
        kind -> Text,
        approved -> Integer,
        occupied -> Integer,
        planned -> Integer,
    }
}

diesel::table! {
    examination (id) {
        id -> Binary,
        code -> Text,
        year -> Integer,
        track -> Text,
        title_zh -> Text,
        title_en -> Text,
        stage -> Text,
        profile -> Text,
        profile_hash -> Nullable<Binary>,
        registration_opens -> BigInt,
        registration_closes -> BigInt,
        publicity_ends -> Nullable<Text>,
        created_by -> Binary,
        created_at -> BigInt,
        announced_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    subject (id) {
        id -> Binary,
        examination_id -> Binary,
        component -> Text,
        title_zh -> Text,
        title_en -> Text,
        bank -> Text,
        blueprint -> Text,
        opens_at -> BigInt,
        closes_at -> BigInt,
        seed_sealed -> Nullable<Binary>,
        pool -> Nullable<Text>,
        papers_root -> Nullable<Binary>,
        locked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    assembly_report (subject_id) {
        subject_id -> Binary,
        report -> Text,
    }
}

diesel::table! {
    item_use (subject_id, item_id) {
        subject_id -> Binary,
        item_id -> Binary,
        version -> Integer,
        papers -> Integer,
    }
}

diesel::table! {
    item_change (mark) {
        mark -> BigInt,
        item_id -> Binary,
    }
}

diesel::table! {
    post (id) {
        id -> Binary,
        examination_id -> Binary,
        organisation_id -> Binary,
        code -> Text,
        title_zh -> Text,
        title_en -> Text,
        headcount_kind -> Text,
        quota -> Integer,
        requirements -> Text,
        state -> Text,
        created_at -> BigInt,
        kept_under -> Nullable<Text>,
        transfer_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    candidate (account_id) {
        account_id -> Binary,
        resident_index -> Binary,
        resident_sealed -> Binary,
        facts_sealed -> Binary,
        updated_at -> BigInt,
    }
}

diesel::table! {
    photo (account_id) {
        account_id -> Binary,
        media_type -> Text,
        width -> Integer,
        height -> Integer,
        content_sealed -> Binary,
        uploaded_at -> BigInt,
    }
}

diesel::table! {
    application (id) {
        id -> Binary,
        examination_id -> Binary,
        post_id -> Binary,
        account_id -> Binary,
        state -> Text,
        facts_sealed -> Binary,
        screening_sealed -> Binary,
        submitted_at -> BigInt,
        reviewed_at -> Nullable<BigInt>,
        reviewed_by -> Nullable<Binary>,
        reason_sealed -> Nullable<Binary>,
        ticket_no -> Nullable<Text>,
        room -> Nullable<Text>,
        seat -> Nullable<Integer>,
    }
}

diesel::table! {
    stimulus (id) {
        id -> Binary,
        bank -> Text,
        code -> Text,
        content_sealed -> Binary,
        created_at -> BigInt,
        author_id -> Nullable<Binary>,
    }
}

diesel::table! {
    picture (hash) {
        hash -> Binary,
        media -> Text,
        content_sealed -> Binary,
    }
}

diesel::table! {
    bank_picture (bank, hash) {
        bank -> Text,
        hash -> Binary,
        added_by -> Binary,
        added_at -> BigInt,
    }
}

diesel::table! {
    item (id) {
        id -> Binary,
        bank -> Text,
        code -> Text,
        section -> Text,
        topic -> Text,
        difficulty -> Text,
        kind -> Text,
        stimulus_id -> Nullable<Binary>,
        state -> Text,
        version -> Integer,
        author_id -> Binary,
        reviewer_id -> Nullable<Binary>,
        updated_at -> BigInt,
    }
}

diesel::table! {
    item_version (item_id, version) {
        item_id -> Binary,
        version -> Integer,
        content_sealed -> Binary,
        content_hash -> Binary,
        author_id -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    paper (id) {
        id -> Binary,
        subject_id -> Binary,
        application_id -> Binary,
        content_sealed -> Binary,
        hash -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    attempt (id) {
        id -> Binary,
        subject_id -> Binary,
        application_id -> Binary,
        account_id -> Binary,
        paper_id -> Binary,
        state -> Text,
        started_at -> BigInt,
        closes_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        closed_by -> Nullable<Text>,
        digest -> Nullable<Binary>,
    }
}

diesel::table! {
    response (attempt_id, position) {
        attempt_id -> Binary,
        position -> Integer,
        answer -> Nullable<Text>,
        flagged -> Bool,
        revision -> BigInt,
        saved_at -> BigInt,
    }
}

diesel::table! {
    objective_mark (attempt_id, position) {
        attempt_id -> Binary,
        position -> Integer,
        awarded -> BigInt,
        outcome -> Text,
    }
}

diesel::table! {
    script (id) {
        id -> Binary,
        attempt_id -> Binary,
        position -> Integer,
        blind_code -> Text,
        max -> BigInt,
        state -> Text,
        final_mark -> Nullable<BigInt>,
        resolved_by -> Nullable<Text>,
    }
}

diesel::table! {
    script_mark (script_id, ordinal) {
        script_id -> Binary,
        ordinal -> Integer,
        marker_id -> Binary,
        mark -> BigInt,
        comment_sealed -> Binary,
        marked_at -> BigInt,
    }
}

diesel::table! {
    panel_mark (application_id, component, examiner) {
        application_id -> Binary,
        component -> Text,
        examiner -> Integer,
        mark -> BigInt,
        entered_by -> Binary,
        entered_at -> BigInt,
    }
}

diesel::table! {
    component_mark (application_id, component) {
        application_id -> Binary,
        component -> Text,
        state -> Text,
        mark -> Nullable<BigInt>,
        decided_at -> BigInt,
    }
}

diesel::table! {
    ranking (application_id, phase) {
        application_id -> Binary,
        phase -> Text,
        post_id -> Binary,
        total -> Nullable<BigInt>,
        rank -> Nullable<Integer>,
        outcome -> Text,
        decided_at -> BigInt,
    }
}

diesel::table! {
    decision (id) {
        id -> Binary,
        at -> BigInt,
        kind -> Text,
        examination_id -> Nullable<Binary>,
        nonce -> Binary,
        payload_sealed -> Binary,
        leaf -> Binary,
        leaf_hash -> Binary,
        year -> Integer,
        subject_id -> Nullable<Binary>,
    }
}

diesel::table! {
    ledger (year, idx) {
        year -> Integer,
        idx -> BigInt,
        decision_id -> Binary,
        leaf_hash -> Binary,
    }
}

diesel::table! {
    checkpoint (year, size) {
        year -> Integer,
        size -> BigInt,
        root -> Binary,
        at -> BigInt,
        signature -> Text,
    }
}

diesel::table! {
    log (year) {
        year -> Integer,
        origin -> Text,
        vkey -> Text,
        key_sealed -> Binary,
        opened_at -> BigInt,
    }
}

diesel::table! {
    cosignature (year, size, witness) {
        year -> Integer,
        size -> BigInt,
        witness -> Text,
        line -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    draw (id) {
        id -> Binary,
        examination_id -> Binary,
        code -> Text,
        purpose -> Text,
        number -> Integer,
        state -> Text,
        beacon -> Text,
        beacon_at -> BigInt,
        member_key_sealed -> Binary,
        params -> Text,
        pool_root -> Nullable<Binary>,
        pool_count -> Integer,
        committed_by -> Nullable<Binary>,
        witnessed_size -> Nullable<BigInt>,
        contributions -> Text,
        beacon_value -> Nullable<Text>,
        result_hash -> Nullable<Binary>,
        void_reason -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    draw_custodian (draw_id, number) {
        draw_id -> Binary,
        number -> Integer,
        account_id -> Binary,
        office -> Text,
        commitment -> Nullable<Binary>,
        secret_sealed -> Nullable<Binary>,
    }
}

diesel::table! {
    draw_member (draw_id, id) {
        draw_id -> Binary,
        id -> Binary,
        stratum -> Text,
        commitment -> Binary,
        content_sealed -> Binary,
        state -> Text,
        place -> Nullable<Integer>,
        replaces -> Nullable<Binary>,
    }
}

diesel::table! {
    objection (id) {
        id -> Binary,
        examination_id -> Binary,
        application_id -> Binary,
        number -> Integer,
        text_sealed -> Binary,
        filed_at -> BigInt,
        state -> Text,
        reason_sealed -> Nullable<Binary>,
        decided_by -> Nullable<Binary>,
        decided_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    paper_leak (decision_id) {
        decision_id -> Binary,
        examination_id -> Binary,
        item_id -> Binary,
    }
}

diesel::table! {
    recalled_paper (draw_id, subject_id) {
        draw_id -> Binary,
        subject_id -> Binary,
        blueprint -> Text,
        pool -> Text,
    }
}

diesel::joinable!(paper_leak -> examination (examination_id));
diesel::joinable!(recalled_paper -> subject (subject_id));
diesel::joinable!(recalled_paper -> draw (draw_id));
diesel::joinable!(assembly_report -> subject (subject_id));
diesel::joinable!(item_use -> subject (subject_id));
diesel::table! {
    bank_access (bank, account_id) {
        bank -> Text,
        account_id -> Binary,
        granted_by -> Binary,
        granted_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    key_view (id) {
        id -> Binary,
        item_id -> Binary,
        version -> Integer,
        account_id -> Binary,
        viewed_at -> BigInt,
    }
}

diesel::table! {
    item_comment (id) {
        id -> Binary,
        item_id -> Binary,
        version -> Integer,
        account_id -> Binary,
        text_sealed -> Binary,
        written_at -> BigInt,
    }
}

diesel::table! {
    item_figure (id) {
        id -> Binary,
        item_id -> Binary,
        version -> Integer,
        answered -> Integer,
        facility_ppm -> Integer,
        discrimination_ppm -> Nullable<Integer>,
        a_milli -> Nullable<Integer>,
        b_milli -> Nullable<Integer>,
        c_milli -> Nullable<Integer>,
        se_a_milli -> Nullable<Integer>,
        se_b_milli -> Nullable<Integer>,
        se_c_milli -> Nullable<Integer>,
        source -> Text,
        recorded_by -> Binary,
        recorded_at -> BigInt,
    }
}

diesel::joinable!(objection -> application (application_id));
diesel::joinable!(account_role -> account (account_id));
diesel::joinable!(draw_custodian -> draw (draw_id));
diesel::joinable!(draw_member -> draw (draw_id));
diesel::joinable!(session -> account (account_id));
diesel::joinable!(refresh_token -> session (session_id));
diesel::joinable!(password_reset -> account (account_id));
diesel::joinable!(headcount -> organisation (organisation_id));
diesel::joinable!(subject -> examination (examination_id));
diesel::joinable!(post -> examination (examination_id));
diesel::joinable!(post -> organisation (organisation_id));
diesel::joinable!(candidate -> account (account_id));
diesel::joinable!(photo -> account (account_id));
diesel::joinable!(application -> examination (examination_id));
diesel::joinable!(application -> post (post_id));
diesel::joinable!(application -> account (account_id));
diesel::joinable!(item -> stimulus (stimulus_id));
diesel::joinable!(item_version -> item (item_id));
diesel::joinable!(item_figure -> item (item_id));
diesel::joinable!(paper -> subject (subject_id));
diesel::joinable!(paper -> application (application_id));
diesel::joinable!(attempt -> subject (subject_id));
diesel::joinable!(attempt -> application (application_id));
diesel::joinable!(attempt -> account (account_id));
diesel::joinable!(attempt -> paper (paper_id));
diesel::joinable!(response -> attempt (attempt_id));
diesel::joinable!(objective_mark -> attempt (attempt_id));
diesel::joinable!(script -> attempt (attempt_id));
diesel::joinable!(script_mark -> script (script_id));
diesel::joinable!(panel_mark -> application (application_id));
diesel::joinable!(component_mark -> application (application_id));
diesel::joinable!(ranking -> application (application_id));
diesel::joinable!(ranking -> post (post_id));
diesel::joinable!(ledger -> decision (decision_id));

diesel::allow_tables_to_appear_in_same_query!(
    account,
    account_role,
    session,
    refresh_token,
    sign_up,
    password_reset,
    sign_in_guard,
    installation,
    working_calendar,
    mail,
    idempotency_key,
    organisation,
    headcount,
    examination,
    subject,
    post,
    candidate,
    photo,
    application,
    stimulus,
    picture,
    bank_picture,
    item,
    assembly_report,
    item_use,
    item_version,
    paper,
    attempt,
    response,
    objective_mark,
    script,
    script_mark,
    panel_mark,
    component_mark,
    ranking,
    decision,
    ledger,
    checkpoint,
    log,
    cosignature,
    draw,
    draw_custodian,
    draw_member,
    paper_leak,
    recalled_paper,
    objection,
    bank_access,
    key_view,
    item_comment,
    item_figure,
);
