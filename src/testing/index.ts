/** The published `waypost/testing`: Waypost over HTTP on a free port, for a host's own tests. */
export {
  startWaypost,
  type TestWaypost,
  type TestWaypostOptions,
  type GraphqlAnswer,
} from './start-waypost.service.js';
