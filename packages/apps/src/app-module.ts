import { ContainerModule } from 'inversify';
import { Cli } from './cli.js';
import { CaptureCommand } from './commands/capture-command.js';
import { ReplayCommand } from './commands/replay-command.js';
import { ServiceStarter } from './services/service-starter.js';
import { COMMANDS, type Command } from './commands/command.js';
import { DoctorCommand } from './commands/doctor-command.js';
import { DrillCommand } from './commands/drill-command.js';
import { EchoCommand } from './commands/echo-command.js';
import { PingCommand } from './commands/ping-command.js';
import { PortsCommand } from './commands/ports-command.js';
import { ServicesCommand } from './commands/services-command.js';
import { TracerouteCommand } from './commands/traceroute-command.js';
import { Doctor } from './doctor/doctor.js';
import { Iperf3Command } from './commands/iperf3-command.js';
import { NcCommand } from './commands/nc-command.js';
import { Iperf3Server } from './iperf3/iperf3-server.js';
import { Output } from './output.js';
import { HttpServer } from './services/http-server.js';
import { TcpChargen } from './services/tcp-chargen.js';
import { TcpDiscard } from './services/tcp-discard.js';
import { TcpEcho } from './services/tcp-echo.js';
import { TcpGoodbye } from './services/tcp-goodbye.js';
import { UdpCaller } from './services/udp-caller.js';
import { UdpDiscard } from './services/udp-discard.js';
import { UdpEcho } from './services/udp-echo.js';
import { StackRunner } from './stack-runner.js';

/** All that the `lunetta` command is made of. */
export const appModule = new ContainerModule(({ bind }) => {
  bind(Cli).toSelf().inSingletonScope();
  bind(Output).toSelf().inSingletonScope();
  bind(StackRunner).toSelf().inSingletonScope();
  bind(Doctor).toSelf().inSingletonScope();
  bind(UdpEcho).toSelf();
  bind(ServiceStarter).toSelf();
  for (const service of [UdpDiscard, UdpCaller, TcpDiscard, TcpChargen, TcpGoodbye, HttpServer, Iperf3Server]) {
    bind<object>(service).toSelf();
  }
  bind(TcpEcho).toSelf().inSingletonScope();
  for (const command of [
    EchoCommand,
    ServicesCommand,
    PingCommand,
    TracerouteCommand,
    DoctorCommand,
    PortsCommand,
    DrillCommand,
    ReplayCommand,
    CaptureCommand,
    NcCommand,
    Iperf3Command,
  ]) {
    bind<Command>(COMMANDS).to(command).inSingletonScope();
  }
});
