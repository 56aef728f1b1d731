"""The variables that lead every AWS client to one endpoint and nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.terminal import environment, finding

URL = "http://127.0.0.1:4599"
PATH = os.environ.get("PATH", "")
SECRET = 'it\'s $HOME\\ `here` "quoted"'


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variables of AWS's, no proxy, and no `aws` to be found."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path))


def variables() -> dict[str, str]:
    return environment.variables(URL, "AKIDEXAMPLE", SECRET, "eu-west-1")


def test_what_is_set() -> None:
    assert variables() == {
        "AWS_ENDPOINT_URL": URL,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_no_proxy_is_asked_for_this_computer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "example.org, localhost")
    added = variables()
    assert added["NO_PROXY"] == added["no_proxy"] == "example.org,localhost,127.0.0.1"


def test_a_complete_environment_has_nothing_else_of_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "https://kms.eu-west-1.amazonaws.com")
    monkeypatch.setenv("UNRELATED", "kept")
    made = environment.complete(variables())
    assert {name: value for name, value in made.items() if name.startswith("AWS_")} == variables()
    assert made["UNRELATED"] == "kept"
    assert made["PATH"] == f"{finding.shim_folder()}{os.pathsep}{tmp_path}"
    assert os.environ["AWS_PROFILE"] == "production", "the process's own environment is left alone"


def test_path_stays_where_the_real_one_will_do(monkeypatch: pytest.MonkeyPatch, fake_aws, own_cache: Path) -> None:
    monkeypatch.setenv("PATH", fake_aws("aws-cli/2.36.7"))
    assert environment.complete(variables())["PATH"] == os.environ["PATH"]
    assert "PATH" not in environment.exports(variables(), "bash").replace("AWS_", "")
    assert not [each for each in own_cache.rglob("*") if each.name in ("aws", "aws.cmd") and each.is_file()]


def test_the_shim_is_put_into_path_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", environment.complete(variables())["PATH"])
    assert environment.complete(variables())["PATH"] == os.environ["PATH"]
    assert "export PATH" not in environment.exports(variables(), "bash")


@pytest.mark.parametrize(
    ("shell", "lines"),
    [
        (
            "bash",
            ["unset AWS_PROFILE", "unset AWS_SESSION_TOKEN", f"export AWS_ENDPOINT_URL={URL}", "export AWS_PAGER=''"],
        ),
        (
            "fish",
            ["set -e AWS_PROFILE", "set -e AWS_SESSION_TOKEN", f"set -gx AWS_ENDPOINT_URL '{URL}'",
             "set -gx AWS_SECRET_ACCESS_KEY 'it\\'s $HOME\\\\ `here` \"quoted\"'"],
        ),
        (
            "powershell",
            ["Remove-Item Env:AWS_PROFILE -ErrorAction Ignore", f"$env:AWS_ENDPOINT_URL = '{URL}'",
             "$env:AWS_SECRET_ACCESS_KEY = 'it''s $HOME\\ `here` \"quoted\"'"],
        ),
    ],
)  # fmt: skip
def test_exports(shell: str, lines: list[str]) -> None:
    written = environment.exports(variables(), shell).splitlines()
    assert [line for line in lines if line not in written] == []
    assert str(finding.shim_folder()) in written[-1]
    # Unset first: what is set afterwards counts.
    assert not [line for line in written if "AWS_ACCESS_KEY_ID" in line and line.startswith(("unset", "set -e"))]


def test_what_leads_elsewhere_is_unset_whatever_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://elsewhere.example")
    assert "unset AWS_ENDPOINT_URL_SECRETS_MANAGER\n" in environment.exports(variables(), "bash")


@pytest.mark.parametrize("program", ["bash", "zsh", "sh", "fish", "pwsh"])
def test_a_shell_reads_its_exports(program: str) -> None:
    found = shutil.which(program, path=PATH)
    if found is None:
        pytest.skip(f"{program} is not installed")
    written = environment.exports(variables(), {"fish": "fish", "pwsh": "powershell"}.get(program, "bash"))
    show = 'Write-Output "$env:AWS_SECRET_ACCESS_KEY"' if program == "pwsh" else 'echo "$AWS_SECRET_ACCESS_KEY"'
    flag = "-Command" if program == "pwsh" else "-c"
    # echo of sh may read backslashes.
    show = "printenv AWS_SECRET_ACCESS_KEY" if program != "pwsh" else show
    done = subprocess.run(  # noqa: S603
        [found, flag, f"{written}{show}\nprintenv AWS_PROFILE"],
        env={**os.environ, "PATH": PATH, "AWS_PROFILE": "production"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == SECRET + "\n"


def test_another_shell_is_refused() -> None:
    with pytest.raises(KmslabError, match=r"The exports can be written for bash, fish, powershell, not for 'csh'\."):
        environment.exports(variables(), "csh")
