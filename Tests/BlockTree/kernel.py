"""Bitcoin Core's kernel library behind a pipe: a line of JSON and a block's bytes in, a verdict out.

It answers as `submitblock` would, which is told from what the library returns, reports and logs.
"""

import ctypes
import json
import os
import re
import sys

import pbk

FAILED = re.compile(r"(?:AcceptBlock FAILED \(|ConnectBlock ([0-9a-f]{64}) failed, )(.*)")


class Engine:
    def __init__(self, library, folder):
        self.clock = ctypes.c_longlong.in_dll(ctypes.CDLL(library), "blocktree_clock")
        self.lines, self.checked = [], []
        self.log = pbk.LoggingConnection(lambda line: self.lines.append(line))
        options = pbk.ContextOptions()
        options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
        options.set_validation_interface(
            pbk.ValidationInterfaceCallbacks(
                block_checked=lambda data, block, state: self.checked.append(
                    (str(block.block_hash), state.validation_mode)
                )
            )
        )
        self.context = pbk.Context(options)
        data = os.path.join(folder, "kernel")
        os.makedirs(os.path.join(data, "blocks"))
        settings = pbk.ChainstateManagerOptions(self.context, data, os.path.join(data, "blocks"))
        settings.update_block_tree_db_in_memory(True)
        settings.update_chainstate_db_in_memory(True)
        self.manager = pbk.ChainstateManager(settings)

    def block(self, data):
        try:
            block = pbk.Block(data)
        except Exception:
            return "Block decode failed"
        name = str(block.block_hash)
        self.lines.clear()
        self.checked.clear()
        try:
            is_new = self.manager.process_block(block)
        except pbk.ProcessBlockException:
            return self.reason(None)
        if not is_new:
            return "duplicate"
        modes = [mode for hash, mode in self.checked if hash == name]
        if not modes:
            return "inconclusive"
        return None if modes[-1] == pbk.ValidationMode.VALID else self.reason(name)

    def reason(self, name):
        for line in self.lines:
            found = FAILED.search(line)
            if found and found[1] == name:
                text = found[2].rstrip()
                text = text[:-1] if found[1] is None and text.endswith(")") else text
                return text.split(", ")[0]
        return "? " + " | ".join(self.lines)

    def header(self, data):
        self.lines.clear()
        try:
            state = self.manager.process_block_header(pbk.BlockHeader(data))
        except Exception as error:
            return f"? {error} " + " | ".join(self.lines)
        return None if state.validation_mode == pbk.ValidationMode.VALID else f"{state.block_validation_result.name}"

    def tip(self):
        chain = self.manager.get_active_chain()
        return str(chain.block_tree_entries[chain.height].block_hash)


def main():
    engine = Engine(sys.argv[1], sys.argv[2])
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        data = sys.stdin.buffer.read(request["size"])
        engine.clock.value = request["clock"]
        verdict = engine.header(data) if request["kind"] == "header" else engine.block(data)
        print(json.dumps({"verdict": verdict, "tip": engine.tip()}), flush=True)


if __name__ == "__main__":
    main()
