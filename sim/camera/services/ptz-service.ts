/** The PTZ service (ONVIF PTZ Service Specification, ver20). */
import type { Traits } from '../quirks.ts';
import { invalidArgument, notSupported } from '../soap/fault.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { el, type Xml } from '../soap/write-xml.ts';
import type { VirtualCamera } from '../virtual-camera.ts';
import { login, type Operation, open, type Service } from './operation.ts';
import { findPtzProfile, PTZ_CONFIGURATION, PTZ_NODE, profilesOf } from './profiles.ts';
import { readDurationS, readFlag, readVector } from './ptz-arguments.ts';
import { describeSpaces, SPACES, space } from './ptz-spaces.ts';
import { DEFAULT_TIMEOUT_S, MAX_PRESETS, type Place, type PtzUnit, TIMEOUT_RANGE_S } from './ptz-unit.ts';

export interface PtzFacts {
  readonly traits: Traits;
  readonly camera: VirtualCamera;
  readonly unit: PtzUnit;
  /** Milliseconds since 1970 on the camera's clock. */
  readonly cameraUnixMs: () => number;
}

export function ptzService(facts: PtzFacts): Service {
  return new Map<string, Operation>([...descriptions(facts), ...moves(facts), ...places(facts)]);
}

type Entry = [name: string, operation: Operation];

function descriptions(facts: PtzFacts): Entry[] {
  const { traits } = facts;
  const configuration = (name: 'tptz:PTZConfiguration') => ptzConfiguration(name, traits);
  const checked = (body: XmlElement, argument: 'tptz:PTZConfigurationToken' | 'tptz:ConfigurationToken') => {
    if (child(body, argument)?.text === PTZ_CONFIGURATION) return;
    throw invalidArgument('NoConfig', 'The requested configuration does not exist');
  };
  return [
    ['GetServiceCapabilities', open(() => el('tptz:GetServiceCapabilitiesResponse', ptzCapabilities(traits)))],
    ['GetNodes', login(() => el('tptz:GetNodesResponse', node(traits)))],
    [
      'GetNode',
      login((body) => {
        if (child(body, 'tptz:NodeToken')?.text === PTZ_NODE) return el('tptz:GetNodeResponse', node(traits));
        throw invalidArgument('NoEntity', 'No such PTZ node on the device');
      }),
    ],
    ['GetConfigurations', login(() => el('tptz:GetConfigurationsResponse', configuration('tptz:PTZConfiguration')))],
    [
      'GetConfiguration',
      login((body) => {
        checked(body, 'tptz:PTZConfigurationToken');
        return el('tptz:GetConfigurationResponse', configuration('tptz:PTZConfiguration'));
      }),
    ],
    [
      'GetConfigurationOptions',
      login((body) => {
        checked(body, 'tptz:ConfigurationToken');
        return el('tptz:GetConfigurationOptionsResponse', options(traits));
      }),
    ],
    ['GetStatus', login((body) => status(facts, body))],
  ];
}

function moves({ traits, unit }: PtzFacts): Entry[] {
  const move = (name: string, run: (body: XmlElement) => void): Entry => [
    name,
    login((body) => {
      findPtzProfile(traits, body);
      run(body);
      return el(`tptz:${name}Response`);
    }),
  ];
  const speed = (body: XmlElement) => readVector(body, 'tptz:Speed');
  return [
    move('ContinuousMove', (body) => {
      const timeout = child(body, 'tptz:Timeout')?.text;
      unit.continuousMove(readVector(body, 'tptz:Velocity'), timeout === undefined ? null : readDurationS(timeout));
    }),
    move('AbsoluteMove', (body) => unit.absoluteMove(readVector(body, 'tptz:Position'), speed(body))),
    move('RelativeMove', (body) => unit.relativeMove(readVector(body, 'tptz:Translation'), speed(body))),
    move('Stop', (body) => {
      const panTilt = readFlag(body, 'tptz:PanTilt');
      const zoom = readFlag(body, 'tptz:Zoom');
      // Without arguments everything stops.
      const isAll = panTilt === null && zoom === null;
      unit.stop(isAll || panTilt === true, isAll || zoom === true);
    }),
    move('GotoHomePosition', (body) => unit.goHome(speed(body))),
    move('SetHomePosition', () => unit.setHome()),
    move('GotoPreset', (body) => unit.goToPreset(token(body), speed(body))),
    move('RemovePreset', (body) => unit.removePreset(token(body))),
  ];
}

function places({ traits, unit }: PtzFacts): Entry[] {
  return [
    [
      'GetPresets',
      login((body) => {
        findPtzProfile(traits, body);
        const described = [...unit.presets.values()].map(({ token: own, name, place }) =>
          el('tptz:Preset', { token: own }, el('tt:Name', name), vector('tt:PTZPosition', unit, place)),
        );
        return el('tptz:GetPresetsResponse', described);
      }),
    ],
    [
      'SetPreset',
      login((body) => {
        findPtzProfile(traits, body);
        const name = child(body, 'tptz:PresetName')?.text || null;
        if (name !== null && name.length > 64) throw invalidArgument('InvalidPresetName', 'The name is too long');
        const set = unit.setPreset(token(body) || null, name);
        return el('tptz:SetPresetResponse', el('tptz:PresetToken', set));
      }),
    ],
  ];
}

function token(body: XmlElement): string {
  return child(body, 'tptz:PresetToken')?.text ?? '';
}

function status({ traits, camera, unit, cameraUnixMs }: PtzFacts, body: XmlElement): Xml {
  findPtzProfile(traits, body);
  if (traits.getStatus === 'absent') throw notSupported();
  const moving = (is: boolean) => (is || traits.moveStatus === 'moving' ? 'MOVING' : 'IDLE');
  return el(
    'tptz:GetStatusResponse',
    el(
      'tptz:PTZStatus',
      traits.statusPosition === 'nil'
        ? el('tt:Position', { 'xsi:nil': true })
        : vector('tt:Position', unit, unit.place()),
      el(
        'tt:MoveStatus',
        el('tt:PanTilt', moving(camera.isMoving('pan') || camera.isMoving('tilt'))),
        el('tt:Zoom', moving(camera.isMoving('zoom'))),
      ),
      el('tt:Error', 'NO error'),
      el('tt:UtcTime', new Date(cameraUnixMs() + traits.reportedUtcOffsetS * 1000).toISOString()),
    ),
  );
}

function vector(name: 'tt:Position' | 'tt:PTZPosition', unit: PtzUnit, place: Place): Xml {
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
    el('tt:Name', 'ptz'),
    el('tt:UseCount', profilesOf(traits).filter(({ hasPtz }) => hasPtz).length),
    el('tt:NodeToken', PTZ_NODE),
    // "PantTilt" is how the schema spells it.
    el('tt:DefaultAbsolutePantTiltPositionSpace', SPACES.position),
    el('tt:DefaultAbsoluteZoomPositionSpace', SPACES.zoomPosition),
    el('tt:DefaultRelativePanTiltTranslationSpace', SPACES.translation),
    el('tt:DefaultRelativeZoomTranslationSpace', SPACES.zoomTranslation),
    el('tt:DefaultContinuousPanTiltVelocitySpace', SPACES.velocity),
    el('tt:DefaultContinuousZoomVelocitySpace', SPACES.zoomVelocity),
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
    el('tt:PTZTimeout', el('tt:Min', `PT${TIMEOUT_RANGE_S.min}S`), el('tt:Max', `PT${TIMEOUT_RANGE_S.max}S`)),
  );
}
