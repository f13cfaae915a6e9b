/** The PTZ service (ONVIF PTZ Service Specification, ver20). */
import type { CameraParts } from '../parts.ts';
import type { Traits } from '../quirks.ts';
import { invalidArgument, notSupported } from '../soap/fault.ts';
import type { QName } from '../soap/names.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { el, leaves, type Xml } from '../soap/write-xml.ts';
import { login, open, type Service } from './operation.ts';
import { findPtzProfile, PTZ_CONFIGURATION, PTZ_NODE, profilesOf } from './profiles.ts';
import { readDurationS, readFlag, readVector } from './ptz-arguments.ts';
import { describeSpaces, SPACES, space } from './ptz-spaces.ts';
import { DEFAULT_TIMEOUT_S, MAX_PRESETS, type PtzUnit, TIMEOUT_RANGE_S, type UnitPosition } from './ptz-unit.ts';

export function ptzService(parts: CameraParts): Service {
  return { ...descriptions(parts), ...moves(parts), ...places(parts) };
}

function descriptions(parts: CameraParts): Service {
  const { traits } = parts;
  const configuration = () => ptzConfiguration('tptz:PTZConfiguration', traits);
  const checkNode = (body: XmlElement) => {
    if (child(body, 'tptz:NodeToken')?.text === PTZ_NODE) return;
    throw invalidArgument('NoEntity', 'No such PTZ node on the device');
  };
  const checkConfiguration = (body: XmlElement, argument: QName) => {
    if (child(body, argument)?.text === PTZ_CONFIGURATION) return;
    throw invalidArgument('NoConfig', 'The requested configuration does not exist');
  };
  return {
    GetServiceCapabilities: open(() => ptzCapabilities(traits)),
    GetNodes: login(() => node(traits)),
    GetNode: login((body) => {
      checkNode(body);
      return node(traits);
    }),
    GetConfigurations: login(configuration),
    GetConfiguration: login((body) => {
      checkConfiguration(body, 'tptz:PTZConfigurationToken');
      return configuration();
    }),
    GetConfigurationOptions: login((body) => {
      checkConfiguration(body, 'tptz:ConfigurationToken');
      return options(traits);
    }),
    GetStatus: login((body) => status(parts, body)),
  };
}

function moves({ traits, unit }: CameraParts): Service {
  const move = (run: (body: XmlElement) => void) =>
    login((body) => {
      findPtzProfile(traits, body);
      run(body);
      return null;
    });
  const speed = (body: XmlElement) => readVector(body, 'tptz:Speed');
  return {
    ContinuousMove: move((body) => {
      const timeout = child(body, 'tptz:Timeout')?.text;
      unit.continuousMove(readVector(body, 'tptz:Velocity'), timeout === undefined ? null : readDurationS(timeout));
    }),
    AbsoluteMove: move((body) => unit.absoluteMove(readVector(body, 'tptz:Position'), speed(body))),
    RelativeMove: move((body) => unit.relativeMove(readVector(body, 'tptz:Translation'), speed(body))),
    Stop: move((body) => {
      const panTilt = readFlag(body, 'tptz:PanTilt');
      const zoom = readFlag(body, 'tptz:Zoom');
      // Without arguments everything stops.
      const isAll = panTilt === null && zoom === null;
      unit.stop(isAll || panTilt === true, isAll || zoom === true);
    }),
    GotoHomePosition: move((body) => unit.goHome(speed(body))),
    SetHomePosition: move(() => unit.setHome()),
    GotoPreset: move((body) => unit.goToPreset(token(body), speed(body))),
    RemovePreset: move((body) => unit.removePreset(token(body))),
  };
}

function places({ traits, unit }: CameraParts): Service {
  return {
    GetPresets: login((body) => {
      findPtzProfile(traits, body);
      return [...unit.presets.values()].map(({ token: own, name, place }) =>
        el('tptz:Preset', { token: own }, el('tt:Name', name), vector('tt:PTZPosition', unit, place)),
      );
    }),
    SetPreset: login((body) => {
      findPtzProfile(traits, body);
      const name = child(body, 'tptz:PresetName')?.text || null;
      if (name !== null && name.length > 64) throw invalidArgument('InvalidPresetName', 'The name is too long');
      return el('tptz:PresetToken', unit.setPreset(token(body) || null, name));
    }),
  };
}

function token(body: XmlElement): string {
  return child(body, 'tptz:PresetToken')?.text ?? '';
}

function status({ traits, camera, unit, gate }: CameraParts, body: XmlElement): Xml {
  findPtzProfile(traits, body);
  if (traits.getStatus === 'absent') throw notSupported();
  const moving = (is: boolean) => (is || traits.moveStatus === 'moving' ? 'MOVING' : 'IDLE');
  const panTilt = moving(camera.isMoving('pan') || camera.isMoving('tilt'));
  return el(
    'tptz:PTZStatus',
    traits.statusPosition === 'nil'
      ? el('tt:Position', { 'xsi:nil': true })
      : vector('tt:Position', unit, unit.place()),
    el('tt:MoveStatus', leaves('tt', { PanTilt: panTilt, Zoom: moving(camera.isMoving('zoom')) })),
    el('tt:Error', 'NO error'),
    el('tt:UtcTime', new Date(gate.cameraUnixMs() + traits.reportedUtcOffsetS * 1000).toISOString()),
  );
}

function vector(name: 'tt:Position' | 'tt:PTZPosition', unit: PtzUnit, place: UnitPosition): Xml {
  const { x, y, zoom } = unit.toVector(place);
  return el(
    name,
    el('tt:PanTilt', { x, y, space: SPACES.position }),
    el('tt:Zoom', { x: zoom, space: SPACES.zoomPosition }),
  );
}

export function ptzCapabilities({ getStatus }: Traits): Xml {
  const hasStatus = getStatus === 'works';
  return el('tptz:Capabilities', {
    EFlip: false,
    Reverse: false,
    GetCompatibleConfigurations: false,
    MoveStatus: hasStatus,
    StatusPosition: hasStatus,
  });
}

function node(traits: Traits): Xml {
  return el(
    'tptz:PTZNode',
    { token: PTZ_NODE, FixedHomePosition: false, GeoMove: false },
    el('tt:Name', 'head'),
    describeSpaces('tt:SupportedPTZSpaces', traits),
    el('tt:MaximumNumberOfPresets', MAX_PRESETS),
    el('tt:HomeSupported', true),
  );
}

/** As the PTZ service and the media profiles show it. */
export function ptzConfiguration(name: 'tptz:PTZConfiguration' | 'tt:PTZConfiguration', traits: Traits): Xml {
  return el(
    name,
    { token: PTZ_CONFIGURATION },
    leaves('tt', {
      Name: 'ptz',
      UseCount: profilesOf(traits).filter(({ hasPtz }) => hasPtz).length,
      NodeToken: PTZ_NODE,
      // "PantTilt" is how the schema spells it.
      DefaultAbsolutePantTiltPositionSpace: SPACES.position,
      DefaultAbsoluteZoomPositionSpace: SPACES.zoomPosition,
      DefaultRelativePanTiltTranslationSpace: SPACES.translation,
      DefaultRelativeZoomTranslationSpace: SPACES.zoomTranslation,
      DefaultContinuousPanTiltVelocitySpace: SPACES.velocity,
      DefaultContinuousZoomVelocitySpace: SPACES.zoomVelocity,
    }),
    el(
      'tt:DefaultPTZSpeed',
      el('tt:PanTilt', { x: 1, y: 1, space: SPACES.speed }),
      el('tt:Zoom', { x: 1, space: SPACES.zoomSpeed }),
    ),
    el('tt:DefaultPTZTimeout', `PT${DEFAULT_TIMEOUT_S}S`),
    el('tt:PanTiltLimits', space('tt:Range', SPACES.position, [-1, 1], [-1, 1])),
    el('tt:ZoomLimits', space('tt:Range', SPACES.zoomPosition, [0, traits.zoomSpaceMax])),
  );
}

function options(traits: Traits): Xml {
  return el(
    'tptz:PTZConfigurationOptions',
    describeSpaces('tt:Spaces', traits),
    el('tt:PTZTimeout', leaves('tt', { Min: `PT${TIMEOUT_RANGE_S.min}S`, Max: `PT${TIMEOUT_RANGE_S.max}S` })),
  );
}
