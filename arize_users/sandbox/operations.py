"""The seven operations of the users API, as the contract describes them."""

from __future__ import annotations

import secrets
import sqlite3

import attrs

from . import checks, users
from .account import Account, now, to_text
from .messages import RefusalError, Request, Response, json_response
from .policy import Policy
from .users import Caller, NewUser, Row

NO_CONTENT = Response(204)


@attrs.frozen
class Call:
    """A request for an operation that its caller may use."""

    account: Account
    policy: Policy
    caller: Caller
    user_id: str
    query: list[tuple[str, str]]
    request: Request


def list_users(call: Call) -> Response:
    """Return one page of the users who are not blocked, oldest first."""
    query = checks.list_query(call.query, call.policy)
    with call.account.reading() as db:
        at = now(db)
        rows = users.page(db, query.after, query.email, query.statuses, query.limit + 1, at)
    shown = rows[: query.limit]
    pagination: dict[str, object] = {"has_more": len(rows) > query.limit}
    if pagination["has_more"]:
        pagination["next_cursor"] = checks.make_cursor(shown[-1].created_at, shown[-1].seq)
    documents = [_document(row, call.policy, at) for row in shown]
    return json_response(200, {"users": documents, "pagination": pagination})


def create_user(call: Call) -> Response:
    """Create a user, or treat a known email as the contract's table says."""
    invite_mode, columns = checks.create_body(checks.read_body(call.request), call.policy)
    with call.account.writing() as db:
        _require_role(db, call.policy, columns["role_type"], columns["role"])
        at = now(db)
        known = users.by_email(db, columns["email"])
        if known is not None and known.status(at) != "expired":
            return _known_email(call, db, known, invite_mode, at)
        state, invited_at = ("active", None) if invite_mode == "none" else ("invited", at)
        new = NewUser(created_at=at, state=state, invited_at=invited_at, **columns)
        if known is None:
            (user_id,) = users.insert(db, [new])
        else:
            user_id = known.id
            new = new._replace(created_at=known.created_at, sso=bool(known.sso))
            users.update(db, known.seq, **new._asdict())
        user = _visible(db, user_id)
        if invite_mode == "email_link":
            users.add_mail(db, "invitation", user, at)
        users.add_audit(db, call.caller.email, "create" if known is None else "reinvite", user, at)
        document = _document(user, call.policy, at)
    document["invite_mode"] = call.policy.encode(invite_mode)
    if invite_mode == "temporary_password":
        # Nobody logs in to a sandbox, so the password is stored nowhere, not even as a hash.
        document["temporary_password"] = secrets.token_urlsafe(12)
    return json_response(201, document)


def get_user(call: Call) -> Response:
    """Return one user who is not blocked."""
    with call.account.reading() as db:
        return _user_response(call, db, _visible(db, call.user_id))


def update_user(call: Call) -> Response:
    """Change a user's name or developer flag; the values that it has change nothing."""
    body = checks.update_body(checks.read_body(call.request))
    if "is_developer" in body and not call.caller.is_admin:
        raise RefusalError(403, "ADMIN_REQUIRED", "Only an account admin may set is_developer.")
    with call.account.writing() as db:
        user = _visible(db, call.user_id)
        changed = user._replace(**body)
        if changed != user:
            users.update(db, user.seq, **body)
            users.add_audit(db, call.caller.email, "update", user, now(db))
        return _user_response(call, db, changed)


def delete_user(call: Call) -> Response:
    """Block a user for good; blocking again succeeds and does nothing.

    The contract says that nobody can delete themselves but not how that is refused. It is 403 here, since
    the request is well formed and the caller may delete anyone else.
    """
    with call.account.writing() as db:
        user = users.by_id(db, call.user_id)
        if user is None:
            raise _not_found()
        if user.id == call.caller.id:
            raise RefusalError(403, "CANNOT_DELETE_SELF", "Nobody can delete themselves.")
        if user.state != "inactive":
            users.block(db, user.seq)
            users.add_audit(db, call.caller.email, "delete", user, now(db))
    return NO_CONTENT


def resend_user_invitation(call: Call) -> Response:
    """Mail the invitation of an invited user again, valid for a week from now."""
    with call.account.writing() as db:
        user = _visible(db, call.user_id)
        at = now(db)
        if call.policy.sso_enforced:
            raise RefusalError(400, "SSO_ENFORCED", "This account enforces login by SAML or an IdP.")
        if user.status(at) != "invited":
            detail = f"The user is {user.status(at)}; only an invited user can be sent this."
            raise RefusalError(400, "USER_NOT_INVITED", detail)
        users.update(db, user.seq, invited_at=at)
        users.add_mail(db, "invitation", user, at)
        users.add_audit(db, call.caller.email, "resend_invitation", user, at)
    return NO_CONTENT


def reset_user_password(call: Call) -> Response:
    """Mail a reset link to a verified user who logs in with a password."""
    with call.account.writing() as db:
        user = _visible(db, call.user_id)
        at = now(db)
        if user.sso:
            raise RefusalError(400, "SSO_USER", "The user logs in by SSO and has no password here.")
        if user.status(at) != "active":
            raise RefusalError(400, "USER_NOT_VERIFIED", "The user has not verified the account yet.")
        users.add_mail(db, "password_reset", user, at)
        users.add_audit(db, call.caller.email, "reset_password", user, at)
    return NO_CONTENT


def _known_email(call: Call, db: sqlite3.Connection, known: Row, invite_mode: str, at: int) -> Response:
    """Return the response to a create with the email of a user whose invitation has not expired."""
    status = known.status(at)
    if status == "invited" and invite_mode != "none":
        return _user_response(call, db, known)
    reason = "blocked for good" if status == "inactive" else status
    raise RefusalError(409, "EMAIL_TAKEN", f"The user with this email is {reason}.")


def _require_role(db: sqlite3.Connection, policy: Policy, role_type: str, role: str) -> None:
    if role_type == "predefined" or policy.custom_roles == "any":
        return
    if policy.custom_roles == "refuse":
        raise RefusalError(422, "CUSTOM_ROLES_UNAVAILABLE", "Custom roles are not available here.")
    if role not in users.custom_role_names(db):
        raise RefusalError(404, "ROLE_NOT_FOUND", "The account has no custom role with this id.")


def _visible(db: sqlite3.Connection, user_id: str) -> Row:
    user = users.by_id(db, user_id)
    if user is None or user.state == "inactive":
        raise _not_found()
    return user


def _not_found() -> RefusalError:
    return RefusalError(404, "USER_NOT_FOUND", "The account has no user with this id.")


def _user_response(call: Call, db: sqlite3.Connection, user: Row) -> Response:
    return json_response(200, _document(user, call.policy, now(db)))


def _document(row: Row, policy: Policy, at: int) -> dict[str, object]:
    role = row.role_document()
    for field in ("type", "name") if row.role_type == "predefined" else ("type",):
        role[field] = policy.encode(role[field])
    return {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "created_at": to_text(row.created_at),
        "status": policy.encode(row.status(at)),
        "role": role,
        "is_developer": bool(row.is_developer),
    }
