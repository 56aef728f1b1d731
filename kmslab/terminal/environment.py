"""The variables that lead every AWS client to an endpoint of ours and nowhere else.

Whatever the computer has of AWS's own variables is left out: a profile, a session token or an endpoint of one service
would lead elsewhere, to a real account at worst.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from kmslab.errors import KmslabError
from kmslab.terminal import finding

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_NOT_PROXIED = ("127.0.0.1", "localhost")

#: Unset even where this process does not see them: a shell has variables that it does not export.
_LEAD_ELSEWHERE = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CA_BUNDLE",
    "AWS_DEFAULT_OUTPUT",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)


def variables(url: str, access_key_id: str, secret_access_key: str, region: str) -> dict[str, str]:
    """What has to be set.

    Args:
        url: The endpoint for all services.
        access_key_id: Whose credentials.
        secret_access_key: The secret that belongs to it.
        region: The default Region.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        **_past_proxies(),
    }


def complete(variables: Mapping[str, str]) -> dict[str, str]:
    """A whole environment for a subprocess.

    Args:
        variables: What has to be set.

    Returns:
        The environment of this process without AWS's own variables, with `variables`, and with the shim first in PATH
        where it is needed.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    shim = _shim()
    path = environment.get("PATH", os.defpath)
    return {**environment, **variables, **({} if shim is None else {"PATH": f"{shim}{os.pathsep}{path}"})}


def exports(variables: Mapping[str, str], shell: str) -> str:
    """The commands that make a shell's environment the same, one on each line.

    Args:
        variables: What has to be set.
        shell: `bash` (which zsh and sh understand too), `fish` or `powershell`.

    Raises:
        KmslabError: another shell.
    """
    if shell not in _SHELLS:
        raise KmslabError(f"The exports can be written for {', '.join(_SHELLS)}, not for {shell!r}.")
    write = _SHELLS[shell]
    lines = [write.unset(name) for name in _to_unset(variables)]
    lines += [write.set(name, value) for name, value in variables.items()]
    shim = _shim()
    return "\n".join(lines if shim is None else [*lines, write.first_in_path(shim)]) + "\n"


def _past_proxies() -> dict[str, str]:
    """A proxy of the computer's would be asked for 127.0.0.1 and know nothing of it."""
    if not any(os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES):
        return {}
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = [host for host in (each.strip() for each in known.split(",")) if host]
    hosts += [host for host in _NOT_PROXIED if host not in hosts]
    return {"NO_PROXY": ",".join(hosts), "no_proxy": ",".join(hosts)}


def _to_unset(variables: Mapping[str, str]) -> Iterable[str]:
    seen = {name for name in os.environ if name.startswith("AWS_")}
    return sorted(seen.union(_LEAD_ELSEWHERE) - set(variables))


def _shim() -> str | None:
    """The folder to put first in PATH, or None where it is not needed or is there."""
    if not finding.shim_is_needed():
        return None
    folder = str(finding.shim_folder())
    return None if os.environ.get("PATH", "").split(os.pathsep)[0] == folder else folder


class _Shell(NamedTuple):
    set: Callable[[str, str], str]
    unset: Callable[[str], str]
    first_in_path: Callable[[str], str]


def _quoted_for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted_for_powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_SHELLS = {
    "bash": _Shell(
        lambda name, value: f"export {name}={shlex.quote(value)}",
        lambda name: f"unset {name}",
        lambda folder: f'export PATH={shlex.quote(folder)}:"$PATH"',
    ),
    "fish": _Shell(
        lambda name, value: f"set -gx {name} {_quoted_for_fish(value)}",
        lambda name: f"set -e {name}",
        lambda folder: f"set -gx PATH {_quoted_for_fish(folder)} $PATH",
    ),
    "powershell": _Shell(
        lambda name, value: f"$env:{name} = {_quoted_for_powershell(value)}",
        lambda name: f"Remove-Item Env:{name} -ErrorAction Ignore",
        lambda folder: f"$env:PATH = {_quoted_for_powershell(folder)} + [IO.Path]::PathSeparator + $env:PATH",
    ),
}
