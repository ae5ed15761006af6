"""What may stand under `sources.*.backfill`, and what is said of what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.check import lines
from gateway.config import ConfigError, describe, load

TEXT = "sources:\n  s: {{adapter: {adapter}, secrets: [whsec_1], backfill: {backfill}}}\n"


def loaded(folder: Path, backfill: str, adapter: str = "stripe", **env: str) -> object:
    (folder / "config.yaml").write_text(TEXT.format(adapter=adapter, backfill=backfill))
    return load(folder / "config.yaml", env).sources["s"].backfill


def test_a_backfill_is_read(tmp_path: Path) -> None:
    plan = loaded(tmp_path, '{api_key: "${K}", every: 1h, since: 2d, accounts: [acct_1]}', K="rk_live_1")
    assert (plan.every, plan.since, plan.accounts, plan.at_start) == (3600, 172_800, ("acct_1",), True)
    assert "rk_live_1" not in repr(plan) and plan.api_key.get_secret_value() == "rk_live_1"


WRONG = [
    # backfill, adapter, environment -> the key, what is said
    ("{}", "stripe", {}, "backfill.api_key: is missing; write api_key: ${STRIPE_API_KEY}"),
    ('{api_key: "${K}"}', "stripe", {}, "backfill.api_key: the environment variable K is not set"),
    ('{api_key: "${K}"}', "stripe", {"K": "whsec_1"}, "backfill.api_key: must be a secret key (sk_…)"),
    ('{api_key: "${K}"}', "gitlab", {"K": "x"}, "backfill: GitLab has no API that is read; leave it out"),
    ("{api_key: sk_1, every: 0s}", "stripe", {}, "backfill.every: must be longer than 0s"),
    ("{api_key: sk_1, rate: 0}", "stripe", {}, "backfill.rate: "),
    ("{api_key: sk_1, accounts: [a/b]}", "stripe", {}, "backfill.accounts[0]: must be the id of a connected"),
    ("{api_key: sk_1, api_base: ftp://x}", "stripe", {}, "backfill.api_base: must be a URL such as"),
    ("{api_key: sk_1, evry: 1h}", "stripe", {}, "unknown key; did you mean 'every'?"),
]


@pytest.mark.parametrize(("backfill", "adapter", "env", "said"), WRONG)
def test_what_is_wrong_is_told(
    tmp_path: Path, backfill: str, adapter: str, env: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, backfill, adapter, **env)
    assert said in str(raised.value)
    assert "whsec_1" not in str(raised.value)


def test_commands_that_read_the_store_need_no_key(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT.format(adapter="stripe", backfill='{api_key: "${K}"}'))
    plan = load(tmp_path / "config.yaml", {}, secrets="optional").sources["s"].backfill
    assert plan is not None and plan.api_key is None


PLANS = [
    ("{api_key: sk_1, every: 1h}", "at the start and every 1h; the first time 3d back"),
    ("{api_key: sk_1, at_start: false, since: 2h}", "on request; the first time 2h back"),
]


@pytest.mark.parametrize(("backfill", "told"), PLANS)
def test_a_check_tells_when_a_source_is_backfilled(tmp_path: Path, backfill: str, told: str) -> None:
    (tmp_path / "config.yaml").write_text(TEXT.format(adapter="stripe", backfill=backfill))
    settings = load(tmp_path / "config.yaml", {})
    [source] = describe(settings).sources
    assert source.backfill == told
    assert f"    backfill     {told}" in lines(settings.file, describe(settings))
