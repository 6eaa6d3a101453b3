// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// A token small enough to read at a glance; every client deploys one of its own.
contract Stones {
    error Short(address owner, uint256 has, uint256 wants);

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Seen(address indexed self, address indexed sender, bytes32 blob, uint256 gasPrice);

    mapping(address => uint256) public balanceOf;
    uint256 public immutable total;

    constructor(uint256 supply) {
        total = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        uint256 has = balanceOf[msg.sender];
        if (has < value) revert Short(msg.sender, has, value);
        balanceOf[msg.sender] = has - value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    /// Always reverts, for the reason given.
    function refuse(string calldata reason) external pure returns (uint256) {
        revert(reason);
    }

    /// Logs what the transaction looks like from inside; through a delegation (EIP-7702), self is
    /// the delegating account.
    function see() external payable {
        emit Seen(address(this), msg.sender, blobhash(0), tx.gasprice);
    }
}
