// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Stones} from "./Stones.sol";

/// The few of forge's cheat codes these scripts use.
interface Vm {
    struct EthGetLogs {
        address emitter;
        bytes32[] topics;
        bytes data;
        bytes32 blockHash;
        uint64 blockNumber;
        bytes32 transactionHash;
        uint64 transactionIndex;
        uint256 logIndex;
        bool removed;
    }
    struct SignedDelegation {
        uint8 v;
        bytes32 r;
        bytes32 s;
        uint64 nonce;
        address implementation;
    }

    function addr(uint256 key) external pure returns (address);
    function envAddress(string calldata name) external view returns (address);
    function envUint(string calldata name) external view returns (uint256);
    function eth_getLogs(uint256 from, uint256 to, address emitter, bytes32[] calldata topics)
        external
        returns (EthGetLogs[] memory);
    function signAndAttachDelegation(address implementation, uint256 key)
        external
        returns (SignedDelegation memory);
    function startBroadcast(uint256 key) external;
    function stopBroadcast() external;
}

contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bool public constant IS_SCRIPT = true;

    function must(bool good, string memory what) internal pure {
        if (!good) revert(what);
    }
}

contract Deploy is Base {
    function run() external {
        vm.startBroadcast(vm.envUint("KEY"));
        Stones stones = new Stones(1000);
        stones.transfer(address(0xbeef), 1);
        stones.transfer(address(0xbeef), 2);
        vm.stopBroadcast();
    }
}

contract Types is Base {
    function run() external {
        Stones stones = Stones(vm.envAddress("STONES"));
        uint256 key = vm.envUint("KEY");
        uint256 authority = vm.envUint("AUTHORITY");

        vm.startBroadcast(key);
        stones.see();
        vm.signAndAttachDelegation(address(stones), authority);
        Stones(vm.addr(authority)).see();
        vm.stopBroadcast();
    }
}

contract Read is Base {
    function run() external {
        Stones stones = Stones(vm.envAddress("STONES"));
        address me = vm.addr(vm.envUint("KEY"));

        must(stones.balanceOf(address(0xbeef)) == 3, "balance of beef");
        bytes32[] memory topics = new bytes32[](1);
        topics[0] = keccak256("Transfer(address,address,uint256)");
        Vm.EthGetLogs[] memory logs =
            vm.eth_getLogs(0, block.number, address(stones), topics);
        must(logs.length == 3, "three transfers logged");
        must(abi.decode(logs[2].data, (uint256)) == 2, "value of the last transfer");

        try stones.refuse("too heavy") {
            revert("did not refuse");
        } catch Error(string memory reason) {
            must(keccak256(bytes(reason)) == keccak256("too heavy"), "reason");
        }
        try stones.transfer(me, 5000) {
            revert("did not run short");
        } catch (bytes memory data) {
            // Whose balance it was is the script's own address, which forge forbids to name.
            uint256 has;
            uint256 wants;
            assembly {
                has := mload(add(data, 0x44))
                wants := mload(add(data, 0x64))
            }
            must(data.length == 100 && bytes4(data) == Stones.Short.selector, "custom error");
            must(has == 0 && wants == 5000, "its arguments");
        }
    }
}
