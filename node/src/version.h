/* version.h - what the program says it is. */
#ifndef DRY_NODE_VERSION_H
#define DRY_NODE_VERSION_H

#define DRY_VERSION "0.1.0"
#define DRY_CLIENT_VERSION "Drystone/v" DRY_VERSION "/linux"

#endif /* DRY_NODE_VERSION_H */
