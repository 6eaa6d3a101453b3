"""The forks, their instructions and what a transaction costs before it runs."""

FORKS = ["Frontier", "Homestead", "EIP150", "EIP158", "Byzantium", "Constantinople", "ConstantinopleFix",
         "Istanbul", "Berlin", "London", "Paris", "Shanghai", "Cancun", "Prague", "Osaka", "BPO1", "BPO2"]
(FRONTIER, HOMESTEAD, EIP150, EIP158, BYZANTIUM, CONSTANTINOPLE, CONSTANTINOPLE_FIX, ISTANBUL, BERLIN,
 LONDON, PARIS, SHANGHAI, CANCUN, PRAGUE, OSAKA, BPO1, BPO2) = range(17)

# name: (byte, taken from the stack, left on it, first fork)
OPS = {
    "STOP": (0x00, 0, 0, 0), "KECCAK256": (0x20, 2, 1, 0), "ADDRESS": (0x30, 0, 1, 0),
    "BALANCE": (0x31, 1, 1, 0), "ORIGIN": (0x32, 0, 1, 0), "CALLER": (0x33, 0, 1, 0),
    "CALLVALUE": (0x34, 0, 1, 0), "CALLDATALOAD": (0x35, 1, 1, 0), "CALLDATASIZE": (0x36, 0, 1, 0),
    "CALLDATACOPY": (0x37, 3, 0, 0), "CODESIZE": (0x38, 0, 1, 0), "CODECOPY": (0x39, 3, 0, 0),
    "GASPRICE": (0x3A, 0, 1, 0), "EXTCODESIZE": (0x3B, 1, 1, 0), "EXTCODECOPY": (0x3C, 4, 0, 0),
    "RETURNDATASIZE": (0x3D, 0, 1, BYZANTIUM), "RETURNDATACOPY": (0x3E, 3, 0, BYZANTIUM),
    "EXTCODEHASH": (0x3F, 1, 1, CONSTANTINOPLE), "BLOCKHASH": (0x40, 1, 1, 0),
    "COINBASE": (0x41, 0, 1, 0), "TIMESTAMP": (0x42, 0, 1, 0), "NUMBER": (0x43, 0, 1, 0),
    "PREVRANDAO": (0x44, 0, 1, 0), "GASLIMIT": (0x45, 0, 1, 0), "CHAINID": (0x46, 0, 1, ISTANBUL),
    "SELFBALANCE": (0x47, 0, 1, ISTANBUL), "BASEFEE": (0x48, 0, 1, LONDON),
    "BLOBHASH": (0x49, 1, 1, CANCUN), "BLOBBASEFEE": (0x4A, 0, 1, CANCUN), "POP": (0x50, 1, 0, 0),
    "MLOAD": (0x51, 1, 1, 0), "MSTORE": (0x52, 2, 0, 0), "MSTORE8": (0x53, 2, 0, 0),
    "SLOAD": (0x54, 1, 1, 0), "SSTORE": (0x55, 2, 0, 0), "JUMP": (0x56, 1, 0, 0),
    "JUMPI": (0x57, 2, 0, 0), "PC": (0x58, 0, 1, 0), "MSIZE": (0x59, 0, 1, 0), "GAS": (0x5A, 0, 1, 0),
    "JUMPDEST": (0x5B, 0, 0, 0), "TLOAD": (0x5C, 1, 1, CANCUN), "TSTORE": (0x5D, 2, 0, CANCUN),
    "MCOPY": (0x5E, 3, 0, CANCUN), "PUSH0": (0x5F, 0, 1, SHANGHAI), "CREATE": (0xF0, 3, 1, 0),
    "CALL": (0xF1, 7, 1, 0), "CALLCODE": (0xF2, 7, 1, 0), "RETURN": (0xF3, 2, 0, 0),
    "DELEGATECALL": (0xF4, 6, 1, HOMESTEAD), "CREATE2": (0xF5, 4, 1, CONSTANTINOPLE),
    "STATICCALL": (0xFA, 6, 1, BYZANTIUM), "REVERT": (0xFD, 2, 0, BYZANTIUM), "INVALID": (0xFE, 0, 0, 0),
    "SELFDESTRUCT": (0xFF, 1, 0, 0),
}
for _i, _name in enumerate(["ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD", "EXP",
                            "SIGNEXTEND"]):
    OPS[_name] = (0x01 + _i, 3 if _name.endswith("DMOD") or _name == "MULMOD" else 2, 1, 0)
for _i, _name in enumerate(["LT", "GT", "SLT", "SGT", "EQ", "ISZERO", "AND", "OR", "XOR", "NOT", "BYTE"]):
    OPS[_name] = (0x10 + _i, 1 if _name in ("ISZERO", "NOT") else 2, 1, 0)
for _i, _name in enumerate(["SHL", "SHR", "SAR"]):
    OPS[_name] = (0x1B + _i, 2, 1, CONSTANTINOPLE)
OPS["CLZ"] = (0x1E, 1, 1, OSAKA)
for _i in range(5):
    OPS["LOG%d" % _i] = (0xA0 + _i, 2 + _i, 0, 0)

WORDS = ["ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD", "EXP", "SIGNEXTEND", "LT",
         "GT", "SLT", "SGT", "EQ", "ISZERO", "AND", "OR", "XOR", "NOT", "BYTE", "SHL", "SHR", "SAR", "CLZ"]
ENVIRONMENT = ["ADDRESS", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATASIZE", "CODESIZE", "GASPRICE",
               "RETURNDATASIZE", "COINBASE", "TIMESTAMP", "NUMBER", "PREVRANDAO", "GASLIMIT", "CHAINID",
               "SELFBALANCE", "BASEFEE", "BLOBBASEFEE", "PC", "MSIZE", "GAS"]

TX_GAS_CAP = 1 << 24  # EIP-7825


def op_names(fork):
    return [name for name, op in OPS.items() if op[3] <= fork]


def precompiles(fork):
    last = 4 if fork < BYZANTIUM else 8 if fork < ISTANBUL else 9 if fork < CANCUN else 10
    found = list(range(1, (17 if fork >= PRAGUE else last) + 1))
    return found + ([0x100] if fork >= OSAKA else [])


def tokens(data):
    zeros = data.count(0)
    return zeros + 4 * (len(data) - zeros)


def intrinsic_gas(fork, data, create, access=(), authorizations=0):
    zeros = data.count(0)
    gas = 21000 + 4 * zeros + (16 if fork >= ISTANBUL else 68) * (len(data) - zeros)
    if create and fork >= HOMESTEAD:
        gas += 32000
    if create and fork >= SHANGHAI:
        gas += 2 * ((len(data) + 31) // 32)
    gas += sum(2400 + 1900 * len(entry["storageKeys"]) for entry in access)
    return gas + 25000 * authorizations


def floor_gas(fork, data):
    return 21000 + 10 * tokens(data) if fork >= PRAGUE else 0


def blobs_max(fork):
    """Of a block; a transaction's limit is min(this, 6) from Osaka on."""
    return {CANCUN: 6, PRAGUE: 9, OSAKA: 9, BPO1: 15, BPO2: 21}.get(fork, 0)


def blob_target(fork):
    return {CANCUN: 3, PRAGUE: 6, OSAKA: 6, BPO1: 10, BPO2: 14}[fork]


def blob_fraction(fork):
    return {CANCUN: 3338477, PRAGUE: 5007716, OSAKA: 5007716, BPO1: 8346193, BPO2: 11684671}[fork]


def blob_price(fork, excess):
    """EIP-4844's fake_exponential."""
    fraction, i, output, term = blob_fraction(fork), 1, 0, blob_fraction(fork)
    while term > 0:
        output += term
        term = term * excess // (fraction * i)
        i += 1
    return output // fraction
