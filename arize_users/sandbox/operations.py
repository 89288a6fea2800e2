"""The seven operations of the users API, as the contract describes them."""

from __future__ import annotations

import secrets
import sqlite3

import attrs

from . import checks, users
from .account import to_text
from .messages import RefusalError, Request, Response, json_response
from .policy import ROLES_A_MEMBER_CREATES, Policy
from .users import Caller, NewUser, Row

NO_CONTENT = Response(204)


@attrs.frozen
class Call:
    """A request for an operation that its caller may use, in a transaction of its own at the time `at`."""

    db: sqlite3.Connection
    at: int
    policy: Policy
    caller: Caller
    user_id: str
    query: list[tuple[str, str]]
    request: Request

    def user(self) -> Row:
        """Return the user in the path, who must not be blocked."""
        user = users.by_id(self.db, self.user_id)
        if user is None or user.state == "inactive":
            raise not_found()
        return user

    def document(self, row: Row) -> dict[str, object]:
        """Return a user as the API's object."""
        return {
            "id": row.id,
            "name": row.name,
            "email": row.email,
            "created_at": to_text(row.created_at),
            "status": self.policy.encode(row.status(self.at)),
            "role": row.role_document(self.policy.encode),
            "is_developer": bool(row.is_developer),
        }

    def audit(self, action: str, user: Row) -> None:
        """Record what the caller has done."""
        users.add_audit(self.db, self.caller.email, action, user, self.at)


def list_users(call: Call) -> Response:
    """Return one page of the users who are not blocked, oldest first."""
    query = checks.list_query(call.query, call.policy)
    rows = users.page(call.db, query.after, query.email, query.statuses, query.limit + 1, call.at)
    shown = rows[: query.limit]
    pagination: dict[str, object] = {"has_more": len(rows) > query.limit}
    if pagination["has_more"]:
        pagination["next_cursor"] = checks.make_cursor(shown[-1].created_at, shown[-1].seq)
    return json_response(200, {"users": list(map(call.document, shown)), "pagination": pagination})


def create_user(call: Call) -> Response:
    """Create a user, or treat a known email as the contract's table says.

    A user created without an invitation never sets a password, and so logs in by SSO alone.
    """
    invite_mode, columns = checks.create_body(checks.read_body(call.request), call.policy)
    role_type, role = columns["role_type"], columns["role"]
    if "USER_CREATE" not in call.caller.permissions:
        _require_role_that_a_member_creates(call, role_type, role)
    _require_known_role(call, role_type, role)
    known = users.by_email(call.db, columns["email"])
    if known is not None and known.status(call.at) != "expired":
        return _known_email(call, known, invite_mode)
    state, invited_at = ("active", None) if invite_mode == "none" else ("invited", call.at)
    sso = invite_mode == "none"
    new = NewUser(created_at=call.at, state=state, invited_at=invited_at, sso=sso, **columns)
    if known is None:
        users.insert(call.db, [new])
    else:
        new = new._replace(created_at=known.created_at, sso=sso or bool(known.sso))
        users.update(call.db, known.seq, **new._asdict())
    user = users.by_email(call.db, new.email)
    assert user is not None, "the user has just been stored"
    if invite_mode == "email_link":
        users.add_mail(call.db, "invitation", user, call.at)
    call.audit("create" if known is None else "reinvite", user)
    document = call.document(user)
    document["invite_mode"] = call.policy.encode(invite_mode)
    if invite_mode == "temporary_password":
        # Nobody logs in to a sandbox, so the password is stored nowhere, not even as a hash.
        document["temporary_password"] = secrets.token_urlsafe(12)
    return json_response(201, document)


def get_user(call: Call) -> Response:
    """Return one user who is not blocked."""
    return json_response(200, call.document(call.user()))


def update_user(call: Call) -> Response:
    """Change a user's name or developer flag; the values that it has change nothing."""
    body = checks.update_body(checks.read_body(call.request))
    if "is_developer" in body and call.caller.role != "admin":
        raise RefusalError(403, "ADMIN_REQUIRED", "Only an account admin may set is_developer.")
    user = call.user()
    changed = user._replace(**body)
    if changed != user:
        users.update(call.db, user.seq, **body)
        call.audit("update", user)
    return json_response(200, call.document(changed))


def delete_user(call: Call) -> Response:
    """Block a user for good; blocking again succeeds and does nothing.

    The contract says that nobody can delete themselves but not how that is refused. It is 403 here, since
    the request is well formed and the caller may delete anyone else.
    """
    user = users.by_id(call.db, call.user_id)
    if user is None:
        raise not_found()
    if user.id == call.caller.id:
        raise RefusalError(403, "CANNOT_DELETE_SELF", "Nobody can delete themselves.")
    if user.state != "inactive":
        users.block(call.db, user.seq)
        call.audit("delete", user)
    return NO_CONTENT


def resend_user_invitation(call: Call) -> Response:
    """Mail the invitation of an invited user again, valid for a week from now."""
    user = call.user()
    if call.policy.sso_enforced:
        raise RefusalError(400, "SSO_ENFORCED", "This account enforces login by SAML or an IdP.")
    status = user.status(call.at)
    if status != "invited":
        detail = f"The user is {status}; only an invited user can be sent this."
        raise RefusalError(400, "USER_NOT_INVITED", detail)
    users.update(call.db, user.seq, invited_at=call.at)
    users.add_mail(call.db, "invitation", user, call.at)
    call.audit("resend_invitation", user)
    return NO_CONTENT


def reset_user_password(call: Call) -> Response:
    """Mail a reset link to a verified user who logs in with a password."""
    user = call.user()
    if user.sso:
        raise RefusalError(400, "SSO_USER", "The user logs in by SSO and has no password here.")
    if user.status(call.at) != "active":
        raise RefusalError(400, "USER_NOT_VERIFIED", "The user has not verified the account yet.")
    users.add_mail(call.db, "password_reset", user, call.at)
    call.audit("reset_password", user)
    return NO_CONTENT


def _known_email(call: Call, known: Row, invite_mode: str) -> Response:
    """Return the response to a create with the email of a user whose invitation has not expired."""
    status = known.status(call.at)
    if status == "invited" and invite_mode != "none":
        return json_response(200, call.document(known))
    reason = "blocked for good" if status == "inactive" else status
    raise RefusalError(409, "EMAIL_TAKEN", f"The user with this email is {reason}.")


def _require_role_that_a_member_creates(call: Call, role_type: str, role: str) -> None:
    if role_type != "predefined" or role not in ROLES_A_MEMBER_CREATES:
        roles = " or ".join(map(call.policy.encode, ROLES_A_MEMBER_CREATES))
        raise RefusalError(403, "ROLE_NOT_ALLOWED", f"A member may create users with role {roles} only.")


def _require_known_role(call: Call, role_type: str, role: str) -> None:
    if role_type == "predefined" or call.policy.custom_roles == "any":
        return
    if call.policy.custom_roles == "refuse":
        raise RefusalError(422, "CUSTOM_ROLES_UNAVAILABLE", "Custom roles are not available here.")
    if role not in users.custom_role_names(call.db):
        raise RefusalError(404, "ROLE_NOT_FOUND", "The account has no custom role with this id.")


def not_found() -> RefusalError:
    """Return the refusal of an id that no user of the account has, or none whom the caller may know of."""
    return RefusalError(404, "USER_NOT_FOUND", "The account has no user with this id.")
