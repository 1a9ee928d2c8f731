"""Kernels for chapters: seeded, quick to start, and gone when the build is gone.

Most of a chapter's time would go to starting Python and importing pandas, plotnine and the
statistics. Where the platform can fork, one server process imports them once and forks a kernel
for each chapter; elsewhere each kernel is an ordinary process. Both end in `run_kernel`, so the
bytes of the results are the same.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import random
import secrets
import select
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from bouwen.report.book.drawn import note_outputs
from bouwen.report.book.startup import ENVIRONMENT, end_with_parent, skip_address_grammar
from bouwen.report.book.watching import Reads, dump_stack_at, program_folders, watch_errors, write_reads

PRELOADED = (
    "numpy",
    "pandas",
    "scipy.stats",
    "matplotlib.pyplot",
    "statsmodels.api",
    "semopy",
    "plotnine",
    "great_tables",
    "IPython",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "myst_nb",
    "bouwen.groups",
    "bouwen.claims.weighing",
    "bouwen.report.plots",
    "bouwen.report.tables",
    "bouwen.report.texts",
    "bouwen.words.files",
)

SEED = 1
READS, STACK = ".reads", ".stack"  # beside a kernel's connection file

# Sockets in the scratch folder are closed to other users of the machine, which ports are not.
TRANSPORT = "ipc" if hasattr(socket, "AF_UNIX") else "tcp"


def kernel_environment(scratch: Path, inputs: Mapping[str, str]) -> dict[str, str]:
    """The environment of a kernel: the user's, without what would change results.

    ``scratch`` takes the place of the user's IPython profile and of the folder for temporary files;
    ``inputs`` says where the study's files are read.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("JPY_", "PYTHONSTART"))}
    inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    return {**own, **ENVIRONMENT, **inline, "IPYTHONDIR": str(scratch), "TMPDIR": str(scratch), **inputs}


def run_kernel(deadline: str, connection_file: str) -> None:
    """Be a kernel until told to stop; the first cell of every kernel starts from the same random state."""
    from ipykernel.kernelapp import IPKernelApp

    skip_address_grammar()
    scratch = Path(connection_file).parent
    dump_stack_at(float(deadline), Path(connection_file).with_suffix(STACK))
    options = {
        "IPKernelApp.parent_handle": os.getppid(),
        "IPKernelApp.log_level": 40,
        "HistoryManager.enabled": False,
        "InlineBackend.figure_formats": "{'svg'}",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    app = IPKernelApp.instance()
    app.initialize(["-f", connection_file, *arguments])  # type: ignore[no-untyped-call]

    events: Any = app.shell.events  # type: ignore[union-attr]

    def seed_once(info: object) -> None:
        events.unregister("pre_run_cell", seed_once)
        seed()

    events.register("pre_run_cell", seed_once)  # later than the kernel's own random draws
    watch_errors(app.shell)
    reads = Reads(program_folders(scratch))
    events.register("post_run_cell", lambda _: write_reads(reads, Path(connection_file).with_suffix(READS)))
    note_outputs(app.shell)
    app.start()  # type: ignore[no-untyped-call]


def seed() -> None:
    """Seed everything that draws at random without being asked to: identifiers in tables and figures."""
    import matplotlib as mpl
    import numpy as np

    random.seed(SEED)
    np.random.seed(SEED)
    mpl.rcParams["svg.hashsalt"] = "bouwen"
    identifiers = random.Random(SEED)
    uuid.uuid4 = lambda: uuid.UUID(int=identifiers.getrandbits(128), version=4)


def serve(control: socket.socket) -> None:
    """Import what chapters need, then fork a kernel for every request, until the build is gone.

    A request is a line of JSON together with a socket that the kernel holds while it lives.
    """
    skip_address_grammar()
    server = os.getpid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the build, which then stops its kernels
    for module in PRELOADED:
        with suppress(Exception):  # the chapter that needs it will say what is wrong
            importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries dead kernels
    while True:
        request, sockets, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not request:
            return
        if os.fork() == 0:
            control.close()
            become_kernel(server, json.loads(request), socket.socket(fileno=sockets[0]))
        os.close(sockets[0])


def become_kernel(server: int, request: dict[str, str], line: socket.socket) -> None:
    """Turn a process that the server forked into the kernel that was asked for."""
    end_with_parent(server)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["cwd"])
    line.sendall(f"{os.getpid()}\n".encode())
    try:
        run_kernel(request["deadline"], request["connection_file"])
    finally:
        os._exit(0)


class ForkedKernel:
    """A kernel of the server, with the methods of `subprocess.Popen` that jupyter_client uses.

    The kernel holds the other end of ``line``, so the end of that stream is the end of the kernel.
    """

    stdin = stdout = stderr = None

    def __init__(self, control: socket.socket, deadline: str, connection_file: str, cwd: str) -> None:
        self.line, kernels_end = socket.socketpair()
        request = json.dumps({"deadline": deadline, "connection_file": connection_file, "cwd": cwd})
        with kernels_end:
            socket.send_fds(control, [request.encode()], [kernels_end.fileno()])
        pid = self.line.makefile().readline()
        if not pid:
            raise RuntimeError("the server of kernels has ended")
        self.pid = int(pid)

    def poll(self) -> int | None:
        """None while the kernel lives, then 1: how it ended is not known."""
        if self.line.fileno() == -1:
            return 1
        readable, _, _ = select.select([self.line], [], [], 0)
        if not readable:
            return None
        self.line.close()
        return 1

    def wait(self) -> int:
        """Wait until the kernel has ended."""
        if self.line.fileno() != -1:
            select.select([self.line], [], [])
            self.line.close()
        return 1

    def send_signal(self, signum: int) -> None:
        """Signal the kernel if it lives."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Gets kernels from the server at the other end of ``control`` instead of starting processes."""

    control: socket.socket

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Have the server fork the kernel whose connection file ends the command."""
        deadline, connection_file = cmd[-2:]
        cwd = str(kwargs.get("cwd") or Path.cwd())
        kernel = ForkedKernel(self.control, deadline, connection_file, cwd)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid
        return self.connection_info


class ColdKernelManager(AsyncKernelManager):
    """Starts every kernel as a process of its own; a chapter's class says when its time runs out.

    ``connection`` is where the files of the chapter's kernel are.
    """

    deadline = math.inf
    connection: Path

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command that runs this module as a kernel, whatever kernels are installed."""
        parent = str(os.getpid())
        return [sys.executable, "-m", __name__, "kernel", parent, str(self.deadline), self.connection_file]


@contextmanager
def kernel_managers(
    scratch: Path, *, warm: bool, inputs: Mapping[str, str] | None = None
) -> Iterator[type[ColdKernelManager]]:
    """A class of kernel managers, whose kernels are gone when the context is left.

    Parameters
    ----------
    scratch : Path
        An empty folder for whatever kernels leave behind.
    warm : bool
        Fork kernels from a server.
    inputs : mapping of str to str, optional
        What the environment says of where inputs are read.
    """
    environment = kernel_environment(scratch, inputs or {})
    started: list[AsyncKernelManager] = []

    class Cold(ColdKernelManager):
        def __init__(self, **options: Any) -> None:
            type(self).connection = scratch / f"{secrets.token_hex(4)}.json"
            options["connection_file"] = str(self.connection)
            super().__init__(transport=TRANSPORT, **options)

        async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
            kw["env"] = environment
            started.append(self)
            await super()._async_launch_kernel(kernel_cmd, **kw)

    try:
        if warm:
            with kernel_server(environment) as control:

                class Warm(Cold):
                    async def _async_pre_start_kernel(self, **kw: Any) -> Any:
                        warm = WarmProvisioner(kernel_id="", kernel_spec=self.kernel_spec, parent=self)
                        warm.control = control
                        self.provisioner = warm
                        return await super()._async_pre_start_kernel(**kw)

                yield Warm
        else:
            yield Cold
    finally:
        for manager in started:
            end_kernel(manager)


def end_kernel(manager: AsyncKernelManager) -> None:
    """End a manager's kernel at once, if it still runs."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None and process.poll() is None:
        process.kill()


@contextmanager
def kernel_server(environment: dict[str, str]) -> Iterator[socket.socket]:
    """A server of kernels; its kernels end with it, and it ends with this process."""
    control, servers_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with servers_end:
        server = subprocess.Popen(
            [sys.executable, "-m", __name__, "serve", str(os.getpid()), str(servers_end.fileno())],
            env=environment,
            pass_fds=[servers_end.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    with server, control:
        try:
            yield control
        finally:
            server.kill()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["kernel", parent, deadline, connection_file]:
            end_with_parent(int(parent))
            run_kernel(deadline, connection_file)
        case ["serve", parent, number]:
            end_with_parent(int(parent))
            serve(socket.socket(fileno=int(number)))
