/* The stable set of the plugin boundary, in reading order. */
#ifndef PERENNIAL_PLUGIN_H
#define PERENNIAL_PLUGIN_H

#include "perennial/abi.h"
#include "perennial/connector.h"
#include "perennial/ext/health.h"
#include "perennial/ext/lookup.h"
#include "perennial/ext/operation.h"
#include "perennial/ext/source.h"
#include "perennial/ext/webhook.h"
#include "perennial/host.h"
#include "perennial/status.h"

#endif
