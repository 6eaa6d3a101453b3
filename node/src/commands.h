/* commands.h - the sub-commands; each takes what follows its name and returns the exit code. */
#ifndef DRY_NODE_COMMANDS_H
#define DRY_NODE_COMMANDS_H

/* 0 done, 1 failed, 2 wrong usage. argv[0] is the command's own name. */
int dry_cmd_statetest(int argc, char **argv);
int dry_cmd_blocktest(int argc, char **argv);
int dry_cmd_txtest(int argc, char **argv);

#endif /* DRY_NODE_COMMANDS_H */
