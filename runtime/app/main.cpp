#include "runtime/app/cli.hpp"
#include "runtime/host/jq_engine.hpp"

int main(int argument_count, char** arguments) {
  perennial::host::hide_home_from_jq();
  return perennial::app::run_cli(argument_count, arguments);
}
