/** message/sipfrag (RFC 3420), of which a status line is all that REFER needs. */
export const sipfragType = 'message/sipfrag;version=2.0'

const reasons: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  603: 'Decline',
}

export const sipfragOf = (sipStatus: number): string =>
  `SIP/2.0 ${sipStatus} ${reasons[sipStatus] ?? 'Failed'}\r\n`

/** The status in it; undefined for anything else. */
export function sipfragStatus(body: string): number | undefined {
  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: |\r?\n|$)/i.exec(body)?.[1]
  return status === undefined ? undefined : Number(status)
}
