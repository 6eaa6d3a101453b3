"""Bytecode with labels and data behind it."""
from .forks import OPS


class Code:
    def __init__(self):
        self.out = bytearray()
        self.fixes = []
        self.labels = {}
        self.blobs = []

    def op(self, name):
        self.out.append(OPS[name][0])
        return self

    def push(self, value, size=None):
        """value, in as few bytes as hold it or in size of them."""
        size = max(1, (value.bit_length() + 7) // 8) if size is None else size
        self.out.append(0x5F + size)
        self.out += value.to_bytes(size, "big")
        return self

    def ops(self, *items):
        """Names are instructions, integers are pushed."""
        for item in items:
            self.push(item) if isinstance(item, int) else self.op(item)
        return self

    def push_label(self, label):
        self.out.append(0x62)
        self.fixes.append((len(self.out), label))
        self.out += bytes(3)
        return self

    def label(self, label):
        self.labels[label] = len(self.out)
        return self.op("JUMPDEST")

    def blob(self, data):
        """Keep data behind the code; its name for push_label."""
        self.blobs.append(bytes(data))
        return "blob%d" % (len(self.blobs) - 1)

    def load(self, data, memory):
        """Copy data to memory."""
        return self.push(len(data)).push_label(self.blob(data)).push(memory).op("CODECOPY")

    def done(self):
        out, labels = bytearray(self.out), dict(self.labels)
        if self.blobs:
            out.append(0)
        for i, data in enumerate(self.blobs):
            labels["blob%d" % i] = len(out)
            out += data
        for at, label in self.fixes:
            out[at : at + 3] = labels[label].to_bytes(3, "big")
        return bytes(out)


def deploy(runtime):
    """Init code that returns runtime."""
    c = Code().load(runtime, 0)
    return c.ops(len(runtime), 0, "RETURN").done()
