"""Rotation as a state and a step: what is trusted, what signs, what serves, and what comes next.

A leaf is renewed by the same authority well before it ends. An authority is changed in three moves, so that no client
ever meets a leaf that it does not trust: the coming authority joins the bundle; once the bundle has been out for a
while it takes over and signs a new leaf; the old one leaves the bundle when the last leaf it signed has expired.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from certs.authority import AUTHORITY_LIFETIME, LEAF_LIFETIME, make_authority, make_leaf
from certs.pair import (
    Pair,
    UnusableError,
    certificate_of,
    certificates,
    expired,
    issued_by,
    key_matches,
    names,
    share_left,
)

# A job that runs once a day must find a three-day leaf due on its second run, so that one failed run does no harm.
LEAF_IS_DUE_BELOW = 2 / 3
AUTHORITY_IS_DUE_BELOW = 1 / 3
SETTLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the pairs shall be, and what this step was asked to do although it is not due.

    `settle` is how long a coming authority stands in the bundle before it signs. `bundle_is_out` False says that
    some client does not have the present bundle yet, whatever the clock says, so no coming authority takes over.
    """

    names: tuple[str, ...]
    leaf_lifetime: timedelta = LEAF_LIFETIME
    authority_lifetime: timedelta = AUTHORITY_LIFETIME
    settle: timedelta = SETTLE
    new_leaf: bool = False
    new_authority: bool = False
    bundle_is_out: bool = True


@dataclass(frozen=True, slots=True)
class Coming:
    """An authority that clients already trust and that does not sign yet."""

    authority: Pair
    since: datetime


@dataclass(frozen=True, slots=True)
class Retired:
    """The certificate (PEM) of an authority that signs no more; `until` is when its last leaf is out of use."""

    certificate: bytes
    until: datetime


@dataclass(frozen=True, slots=True)
class State:
    """Everything that rotation must remember; `leaf` is None until the first step."""

    authority: Pair
    leaf: Pair | None = None
    coming: Coming | None = None
    retired: tuple[Retired, ...] = ()

    @property
    def bundle(self) -> bytes:
        """The certificates that clients shall trust, as one PEM text."""
        coming = (self.coming.authority.certificate,) if self.coming else ()
        trusted = (self.authority.certificate, *coming, *(old.certificate for old in self.retired))
        return b"".join(dict.fromkeys(pem.strip() + b"\n" for pem in trusted))


def begin(now: datetime, plan: Plan, leaf: Pair | None = None, trusted: bytes = b"") -> State:
    """A state with a new authority.

    `leaf` and `trusted` are what is left when an authority's key was lost: that leaf still serves somewhere, so the
    certificates that clients trust (PEM) stay in the bundle until it has expired.
    """
    authority = make_authority(now, plan.authority_lifetime)
    if leaf is None or not trusted:
        return State(authority, leaf)
    until = certificate_of(leaf).not_valid_after_utc
    return State(authority, leaf, retired=tuple(Retired(pem, until) for pem in split(trusted)))


def next_step(state: State, now: datetime, plan: Plan) -> State:
    """The state after all that is due now; the same if nothing is. Raises UnusableError for a broken authority."""
    if not key_matches(state.authority):
        raise UnusableError("the authority's key belongs to another certificate")
    # What joins the bundle in this step is out after it at the earliest, however short the time to settle.
    may_take_over = plan.bundle_is_out and state.coming is not None
    state = _prepare_authority(state, now, plan)
    state = _take_over(state, now, plan.settle if may_take_over else None)
    state = _forget_retired(state, now)
    return _renew_leaf(state, now, plan)


def _prepare_authority(state: State, now: datetime, plan: Plan) -> State:
    if state.coming is not None:
        return state
    if not plan.new_authority and share_left(certificate_of(state.authority), now) >= AUTHORITY_IS_DUE_BELOW:
        return state
    return replace(state, coming=Coming(make_authority(now, plan.authority_lifetime), now))


def _take_over(state: State, now: datetime, settle: timedelta | None) -> State:
    if state.coming is None:
        return state
    old = certificate_of(state.authority)
    settled = settle is not None and now - state.coming.since >= settle
    # Nothing that an expired authority signed is trusted any more, so there is nothing to wait for.
    if not settled and not expired(old, now):
        return state
    leaf = certificate_of(state.leaf) if state.leaf else None
    until = leaf.not_valid_after_utc if leaf and issued_by(leaf, old) else now
    retired = Retired(state.authority.certificate, until)
    return replace(state, authority=state.coming.authority, coming=None, retired=(*state.retired, retired))


def _forget_retired(state: State, now: datetime) -> State:
    kept = tuple(old for old in state.retired if old.until > now and not expired(certificates(old.certificate)[0], now))
    return replace(state, retired=kept) if kept != state.retired else state


def _renew_leaf(state: State, now: datetime, plan: Plan) -> State:
    if not plan.new_leaf and not leaf_is_due(state, now, plan):
        return state
    return replace(state, leaf=make_leaf(state.authority, plan.names, now, plan.leaf_lifetime))


def leaf_is_due(state: State, now: datetime, plan: Plan) -> bool:
    """Whether the leaf must be made anew: missing, broken, for other names, of another authority, or ageing."""
    if state.leaf is None:
        return True
    try:
        leaf = certificate_of(state.leaf)
        whole = key_matches(state.leaf)
    except UnusableError:
        return True
    return (
        not whole
        or set(names(leaf)) != set(plan.names)
        or not issued_by(leaf, certificate_of(state.authority))
        or share_left(leaf, now) < LEAF_IS_DUE_BELOW
    )


def split(bundle: bytes) -> list[bytes]:
    """The certificates of a PEM bundle, each as its own PEM text."""
    end = b"-----END CERTIFICATE-----"
    certificates(bundle)
    return [part[part.index(b"-----BEGIN") :] + end + b"\n" for part in bundle.split(end)[:-1]]


def changes(before: State | None, after: State) -> list[str]:
    """What a step did, one sentence each; empty if it did nothing."""
    said = []
    if before is None or before.authority != after.authority:
        said.append("a new authority signs")
    if after.coming and (before is None or before.coming != after.coming):
        said.append("a new authority joined the bundle; it signs once clients have had time to read the bundle")
    if before is not None and len(after.retired) < len(before.retired):
        said.append("an old authority left the bundle")
    if before is None or before.leaf != after.leaf:
        said.append("a new leaf was made")
    return said
