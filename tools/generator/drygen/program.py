"""Random programs that get far: the stack is tracked, memory stays small, calls go where something is."""
from . import inputs
from .asm import Code, deploy
from .forks import (BYZANTIUM, CANCUN, CONSTANTINOPLE, ENVIRONMENT, OPS, SHANGHAI, WORDS, op_names,
                    precompiles)

EDGES = ([0, 1, 2, 3, 31, 32, 33, 255, 256, 257] +
         [(1 << n) + d for n in (8, 16, 32, 63, 64, 128, 160, 255) for d in (-1, 0, 1)] +
         [(1 << 256) - 1, (1 << 256) - 2, (1 << 255) - 19])


class Program:
    """world: fork, rng, addresses (integers) with something at them or nothing."""

    def __init__(self, world, depth=0, length=None):
        self.world, self.rng, self.fork, self.depth = world, world.rng, world.fork, depth
        self.c, self.height, self.next_label = Code(), 0, 0
        self.length = length or self.rng.choice([3, 8, 15, 25, 40, 60] if depth == 0 else [2, 4, 8, 12])

    # Parts

    def fresh(self):
        self.next_label += 1
        return "l%d" % self.next_label

    def edge(self):
        rng = self.rng
        kind = rng.randrange(10)
        if kind < 5:
            return rng.choice(EDGES)
        if kind < 7:
            return rng.randrange(1 << 16)
        if kind < 8:
            return self.address()
        return rng.getrandbits(rng.choice([8, 64, 128, 256]))

    def address(self):
        return self.rng.choice(self.world.addresses)

    def offset(self):
        r = self.rng.random()
        if r < 0.85:
            return self.rng.randrange(0, 0x100)
        if r < 0.97:
            return self.rng.choice([0x400, 0x1000, 0x3FFF, 0x10000])
        return self.rng.choice([0x100000, 1 << 24, 1 << 32, (1 << 64) - 1, 1 << 64, (1 << 256) - 1])

    def size(self):
        r = self.rng.random()
        if r < 0.9:
            return self.rng.choice([0, 1, 20, 31, 32, 33, 64, 96, 200])
        if r < 0.98:
            return self.rng.choice([0x400, 0x1001, 0x6000])
        return self.rng.choice([1 << 24, 1 << 32, (1 << 64) - 1, (1 << 256) - 1])

    def push(self, value):
        if value == 0 and self.fork >= SHANGHAI and self.rng.random() < 0.5:
            self.c.op("PUSH0")
        elif self.rng.random() < 0.9:
            self.c.push(value)
        else:
            low = max(1, (value.bit_length() + 7) // 8)
            self.c.push(value, self.rng.randint(low, 32))
        self.height += 1

    def op(self, name):
        self.c.op(name)
        self.height += OPS[name][2] - OPS[name][1]

    def operand(self):
        r = self.rng.random()
        if r < 0.25 and self.height > 0:
            self.dup(self.rng.randint(1, min(16, self.height)))
        elif r < 0.35:
            self.op(self.rng.choice([n for n in ENVIRONMENT if OPS[n][3] <= self.fork]))
        elif r < 0.4:
            self.push(self.rng.randrange(6))
            self.op("SLOAD")
        elif r < 0.45:
            self.push(self.offset() % 0x400)
            self.op("MLOAD")
        else:
            self.push(self.edge())

    def dup(self, n):
        self.c.out.append(0x7F + n)
        self.height += 1

    def sink(self):
        """Do something visible with the word on top."""
        r = self.rng.random()
        if r < 0.45:
            self.push(self.rng.randrange(8))
            self.op("SSTORE")
        elif r < 0.7:
            self.push(self.offset() % 0x400)
            self.op("MSTORE")
        elif r < 0.8 or self.height > 900:
            self.op("POP")
        elif r < 0.85:
            self.op("ISZERO")
            self.sink()

    # Statements

    def st_words(self):
        name = self.rng.choice([n for n in WORDS if OPS[n][3] <= self.fork])
        if name in ("BYTE", "SIGNEXTEND", "SHL", "SHR", "SAR") and self.rng.random() < 0.8:
            self.operand()
            self.push(self.rng.choice([0, 1, 7, 8, 30, 31, 32, 127, 255, 256, 257]))
        elif name == "EXP" and self.rng.random() < 0.7:
            self.push(self.rng.choice([0, 1, 2, 3, 255, 256, 65535, 65536]))
            self.operand()
        else:
            for _ in range(OPS[name][1]):
                self.operand()
        self.op(name)
        self.sink()

    def st_environment(self):
        self.op(self.rng.choice([n for n in ENVIRONMENT if OPS[n][3] <= self.fork]))
        self.sink()

    def st_gas(self):
        self.op("GAS")
        self.push(self.rng.randrange(8))
        self.op("SSTORE")

    def st_block(self):
        self.push(self.rng.choice([0, 1, self.world.number - 1, self.world.number, self.world.number - 256,
                                   self.world.number - 257, self.edge()]) % (1 << 256))
        self.op("BLOCKHASH")
        self.sink()

    def st_blob(self):
        self.push(self.rng.choice([0, 1, 5, 6, self.edge()]))
        self.op("BLOBHASH")
        self.sink()

    def st_account(self):
        names = ["BALANCE", "EXTCODESIZE", "EXTCODEHASH"]
        self.push(self.address())
        self.op(self.rng.choice([n for n in names if OPS[n][3] <= self.fork]))
        self.sink()

    def st_copy(self):
        names = ["CALLDATACOPY", "CODECOPY", "EXTCODECOPY", "RETURNDATACOPY", "MCOPY"]
        name = self.rng.choice([n for n in names if OPS[n][3] <= self.fork])
        if name == "RETURNDATACOPY" and self.rng.random() < 0.8:
            self.op("RETURNDATASIZE")
            self.push(0)
        else:
            self.push(self.size())
            self.push(self.offset())
        self.push(self.offset())
        if name == "EXTCODECOPY":
            self.push(self.address())
        self.op(name)

    def st_memory(self):
        name = self.rng.choice(["MLOAD", "MSTORE", "MSTORE8", "KECCAK256", "CALLDATALOAD", "MSIZE"])
        if name == "KECCAK256":
            self.push(self.size())
        elif name.startswith("MSTORE"):
            self.operand()
        if name == "MSIZE":
            self.op(name)
        else:
            self.push(self.offset())
            self.op(name)
        if not name.startswith("MSTORE"):
            self.sink()

    def st_storage(self):
        transient = self.fork >= CANCUN and self.rng.random() < 0.3
        slot = self.rng.choice([0, 1, 1, 2, 3, 4, 5, self.edge()])
        if self.rng.random() < 0.3:
            self.push(slot)
            self.op("TLOAD" if transient else "SLOAD")
            self.sink()
            return
        for value in self.rng.choice([[0], [1], [2], [0, 1], [1, 0], [2, 0, 1], [self.edge()]]):
            self.push(value)
            self.push(slot)
            self.op("TSTORE" if transient else "SSTORE")

    def st_log(self):
        topics = self.rng.randrange(5)
        for _ in range(topics):
            self.operand()
        self.push(self.size())
        self.push(self.offset())
        self.op("LOG%d" % topics)

    def st_stack(self):
        if self.height < 2 or self.rng.random() < 0.3:
            for _ in range(self.rng.randint(1, 20)):
                self.operand()
            return
        n = self.rng.randint(1, min(16, self.height - 1))
        if self.rng.random() < 0.5:
            self.dup(n)
        else:
            self.c.out.append(0x8F + n)

    def gas_word(self):
        r = self.rng.random()
        if r < 0.45:
            self.op("GAS")
        elif r < 0.65:
            self.push(self.rng.choice([0, 1, 700, 2300, 2301, 5000, 9000, 21000, 25000, 30000]))
        elif r < 0.9:
            self.push(self.rng.choice([50000, 100000, 300000, 1000000]))
        else:
            self.push(self.edge())

    def value_word(self):
        r = self.rng.random()
        if r < 0.6:
            self.push(0)
        elif r < 0.9:
            self.push(self.rng.choice([1, 2, 7, 1000]))
        elif r < 0.95 and self.fork >= CONSTANTINOPLE:
            self.push(self.world.addresses[0])
            self.op("BALANCE")
        else:
            self.push(self.edge())

    def call(self, target, in_size, in_at=0, out=None):
        names = ["CALL", "CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"]
        name = self.rng.choice([n for n in names if OPS[n][3] <= self.fork])
        out = self.rng.choice([0, 32, 64, 128]) if out is None else out
        self.push(out)
        self.push(self.rng.choice([0, 0x80, 0x200]))
        self.push(in_size)
        self.push(in_at)
        if name in ("CALL", "CALLCODE"):
            self.value_word()
        if target is None:
            self.dup(OPS[name][1] - 1)  # the address below what was pushed
        else:
            self.push(target)
        self.gas_word()
        self.op(name)
        self.sink()

    def st_call(self):
        self.call(self.address(), self.size() if self.rng.random() < 0.9 else 0, self.offset() % 0x10000)
        if self.fork >= BYZANTIUM and self.rng.random() < 0.3:
            self.op("RETURNDATASIZE")
            self.push(0)
            self.push(0x40)
            self.op("RETURNDATACOPY")

    def st_precompile(self):
        number = self.rng.choice(precompiles(self.fork))
        data = inputs.make(self.rng, number)
        self.c.load(data, 0)
        out = {1: 32, 2: 32, 3: 32, 9: 64, 10: 64, 11: 128, 12: 128, 13: 256, 14: 256, 16: 128, 17: 256}
        self.call(number, len(data), 0, out.get(number, 64))
        self.push(self.rng.choice([0, 32, 64, 256]))
        self.push(self.rng.choice([0x80, 0x200]))
        self.op("KECCAK256")
        self.push(self.rng.randrange(8))
        self.op("SSTORE")

    def init_code(self):
        rng = self.rng
        kind = rng.randrange(12)
        if kind < 4 and self.depth < 2:
            return deploy(Program(self.world, self.depth + 1).finish())
        if kind < 6 and self.depth < 2:
            return Program(self.world, self.depth + 1).finish()
        c = Code()
        if kind < 7:  # first byte 0xef (EIP-3541), or close to it
            c.ops(rng.choice([0xEF, 0xEF, 0xEE, 0xFE]), 0, "MSTORE8", rng.choice([1, 2, 32]), 0, "RETURN")
        elif kind < 8:  # size limits
            c.ops(rng.choice([24575, 24576, 24577, 49152, 0]), 0, "RETURN")
        elif kind < 9:
            c.ops(1, 1, "SSTORE", self.address(), "SELFDESTRUCT")
        elif kind < 10:
            c.ops(rng.randrange(3), 1, "SSTORE", 32, 0, "REVERT" if self.fork >= BYZANTIUM else "RETURN")
        elif kind < 11:
            c.ops("CALLVALUE", 0, "SSTORE", "CALLER", 1, "SSTORE", "ADDRESS", "BALANCE", 2, "SSTORE")
        else:
            c.out += inputs.random_bytes(rng, rng.choice([0, 1, 5, 40]))
        return c.done()

    def st_create(self):
        init = self.init_code()
        again = self.rng.random() < 0.25
        salt = self.rng.choice([0, 1, self.edge()])
        for _ in range(2 if again else 1):
            self.c.load(init, 0)
            two = self.fork >= CONSTANTINOPLE and (again or self.rng.random() < 0.5)
            if two:
                self.push(salt)
            self.push(len(init) if self.rng.random() < 0.95 else self.size())
            self.push(0)
            self.value_word()
            self.op("CREATE2" if two else "CREATE")
            self.push(self.rng.randrange(8))
            self.dup(2)
            self.c.out.append(0x90)  # SWAP1
            self.op("SSTORE")
            if self.rng.random() < 0.6:
                self.call(None, 0)
            self.op("POP")

    def st_branch(self):
        label, before = self.fresh(), self.height
        self.operand()
        self.c.push_label(label)
        self.c.op("JUMPI")
        self.height -= 1
        for _ in range(self.rng.randint(1, 3)):
            if self.height < before + 40:
                self.statement()
        while self.height > before:
            self.op("POP")
        if self.height < before:  # the branch took from what both ways share
            for _ in range(before - self.height):
                self.push(0)
        self.c.label(label)

    def st_loop(self):
        top, before = self.fresh(), self.height
        self.push(self.rng.choice([2, 3, 5, 20, 200]))
        self.c.label(top)
        inner = self.height
        self.statement()
        while self.height > inner:
            self.op("POP")
        while self.height < inner:
            self.push(1)
        self.c.ops(1).out.append(0x90)
        self.c.ops("SUB").out.append(0x80)
        self.c.push_label(top).op("JUMPI").op("POP")
        self.height = before

    def st_odd(self):
        """What ends a frame, or should."""
        r = self.rng.randrange(10)
        if r < 3:
            self.push(self.address())
            self.op("SELFDESTRUCT")
        elif r < 5:
            self.push(self.size() % 0x2000)
            self.push(self.offset() % 0x400)
            self.c.op("REVERT" if r == 3 and self.fork >= BYZANTIUM else "RETURN")
            self.height -= 2
        elif r < 6:
            self.push(self.rng.choice([0, 1, 5, self.edge()]))
            self.c.op("JUMP")
            self.height -= 1
        elif r < 8:
            self.c.op(self.rng.choice(list(OPS)))  # of any fork
        else:
            self.c.out.append(self.rng.randrange(256))

    def statement(self):
        table = [(self.st_words, 18), (self.st_environment, 5), (self.st_gas, 3), (self.st_account, 5),
                 (self.st_copy, 6), (self.st_memory, 7), (self.st_storage, 12), (self.st_log, 4),
                 (self.st_stack, 5), (self.st_call, 12), (self.st_precompile, 5), (self.st_block, 1),
                 (self.st_create, 5 if self.depth < 2 else 1), (self.st_branch, 5), (self.st_loop, 3),
                 (self.st_odd, 1)]
        if self.fork >= CANCUN:
            table.append((self.st_blob, 2))
        made = self.rng.choices([t[0] for t in table], [t[1] for t in table])[0]
        if len(self.c.out) + sum(map(len, self.c.blobs)) < 6000:
            made()

    def finish(self):
        if self.rng.random() < 0.03:  # no sense at all
            names = op_names(self.fork)
            for _ in range(self.length * 4):
                if self.rng.random() < 0.5:
                    self.c.push(self.edge())
                else:
                    self.c.op(self.rng.choice(names))
            return self.c.done()
        for _ in range(self.length):
            self.statement()
        r = self.rng.random()
        if r < 0.3:
            self.push(self.rng.choice([0, 32, 64]))
            self.push(self.offset() % 0x200)
            self.c.op("RETURN")
        elif r < 0.37 and self.fork >= BYZANTIUM:
            self.push(32)
            self.push(0)
            self.c.op("REVERT")
        elif r < 0.47:
            self.push(self.address())
            self.c.op("SELFDESTRUCT")
        elif r < 0.5:
            self.c.op("INVALID")
        return self.c.done()
