/**
 * Samples of the five APIs in our own words and with our own values, laid out as the documents lay out
 * theirs: they are cut up and replayed in the same way, so the suite says something where the documents
 * are not at hand.
 */

const trigger = `
POST /api/voice/trigger-call

curl -X POST https://trigger.example/api/voice/trigger-call \\
  -H "Authorization: Bearer sk_live_key" \\
  -H "Content-Type: application/json" \\
  -d '{
    "agentPhone": "+61400000011",
    "leadPhone": "+61400000012",
    "leadName": "Lee Q. Example",
    "source": "the web page",
    "metadata": {
      "house": 12,
      "tags": ["garden", "garage"]
    }
  }'

const connectLead = async () => {
  const answer = await fetch('https://trigger.example/api/voice/trigger-call', {
    method: 'POST',
    headers: { 'Authorization': 'Bearer sk_live_key', 'Content-Type': 'application/json' },
    body: JSON.stringify({ agentPhone: '+61400000011', leadPhone: '+61400000012', leadName: 'Lee' })
  });
  return answer.json();
};

A 200 OK response:

{
  "success": true,
  "callId": "call_0a1b2c3d4e5f6",
  "status": "initiated",
  "agentPhone": "+61400000011",
  "leadPhone": "+61400000012",
  "estimatedConnectTime": "1-2 seconds",
  "creditsUsed": 0.10
}

The call status (initiated, ringing, connected, completed, failed)

{
  "error": {
    "code": "invalid_phone_number",
    "message": "Phone number must be in E.164 format (+61...)"
  }
}
`

const native = `
openapi: 3.0.3
servers:
  - url: https://native.example/v1/voice
paths:
  /calls:
    get:
      operationId: listCalls
      parameters:
        - name: status
          in: query
          schema:
            type: string
            enum: [queued, ringing, in-progress, completed, failed, busy, no-answer, canceled]
        - name: direction
          in: query
          schema:
            type: string
            enum: [inbound, outbound]
        - name: from
          in: query
          schema:
            type: string
        - name: page_size
          in: query
          schema:
            type: integer
            maximum: 100
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  calls:
                    type: array
                    items:
                      $ref: '#/components/schemas/Call'
                  total:
                    type: integer
                  page:
                    type: integer
                  page_size:
                    type: integer
    post:
      operationId: initiateCall
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required:
                - to
                - from
              properties:
                to:
                  type: string
                from:
                  type: string
                url:
                  type: string
                method:
                  type: string
                  enum: [GET, POST]
                status_callback:
                  type: string
                timeout:
                  type: integer
                  default: 30
                record:
                  type: boolean
      responses:
        '201':
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Call'
  /calls/{call_id}:
    get:
      operationId: getCall
      responses:
        '200':
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Call'
        '404':
          description: There is none
    post:
      operationId: updateCall
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                status:
                  type: string
                  enum: [completed, canceled]
                url:
                  type: string
                method:
                  type: string
      responses:
        '200':
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Call'
    delete:
      operationId: endCall
      responses:
        '204':
          description: It is over
  /conferences:
    get:
      operationId: listConferences
      parameters:
        - name: status
          in: query
          schema:
            type: string
            enum: [init, in-progress, completed]
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  conferences:
                    type: array
                    items:
                      $ref: '#/components/schemas/Conference'
    post:
      operationId: createConference
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                friendly_name:
                  type: string
                max_participants:
                  type: integer
                record:
                  type: boolean
                status_callback:
                  type: string
      responses:
        '201':
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Conference'
  /conferences/{conference_id}/participants:
    get:
      operationId: listConferenceParticipants
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  participants:
                    type: array
                    items:
                      $ref: '#/components/schemas/Participant'
    post:
      operationId: addConferenceParticipant
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required:
                - to
                - from
              properties:
                to:
                  type: string
                from:
                  type: string
                muted:
                  type: boolean
      responses:
        '201':
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Participant'
components:
  schemas:
    Conference:
      type: object
      properties:
        id:
          type: string
        friendly_name:
          type: string
        status:
          type: string
          enum: [init, in-progress, completed]
        participant_count:
          type: integer
        max_participants:
          type: integer
        date_created:
          type: string
          format: date-time
      required:
        - id
        - status
    Participant:
      type: object
      properties:
        call_id:
          type: string
        conference_id:
          type: string
        muted:
          type: boolean
        hold:
          type: boolean
        status:
          type: string
      required:
        - call_id
        - conference_id
    Call:
      type: object
      properties:
        id:
          type: string
        status:
          type: string
          enum: [queued, ringing, in-progress, completed, failed, busy, no-answer, canceled]
        direction:
          type: string
          enum: [inbound, outbound]
        from:
          type: string
        to:
          type: string
        duration:
          type: integer
        start_time:
          type: string
          format: date-time
        end_time:
          type: string
          format: date-time
        price:
          type: string
        price_unit:
          type: string
        recording_url:
          type: string
      required:
        - id
        - status
        - direction
        - from
        - to
`

const voiceCall = `
Fields in their order (staff, client, numbers, direction, status, rate, provider, ids, business):

Staff (e.g., "staff-1")
Client (e.g., "client-1")
From (e.g., "+14155550100")
To (e.g., "+14155550101")
One of the allowed enum values: INBOUND (they call) or OUTBOUND (we call). Values (e.g., "OUTBOUND")
One of the allowed enum values: INCOMING_CALL (rings), ANSWERED_BY_STAFF (answered), MISSED (was not),
ANSWERED_BY_CALLS_PROVIDER (a machine did), MISSED_CALL_HANDLED (called back), VOICEMAIL_RECEIVED (spoken
to). Values (e.g., "ANSWERED_BY_STAFF")
Rate (e.g., "0")
Provider (e.g., "VONAGE")
Source (e.g., "source-1")
Ours (e.g., "external-1")
Business (e.g., "business-1")
`

const foneNumber = `
"(415) 555-0102" will be interpreted as 4155550102
With the country code: digits: 14155550103
Abroad: digits: 01149301234567

Type | Value | Example | Note |
---|---|---|---|
Device | its id | 123456789012 | a telephone |
VoiceMail | its id | VM1234567890 | a box |
SoundFile | an address | https://sounds.example/hello.wav | WAV |
TTS | a text | This is our own text. | spoken |
Phonenumber | a number | 4155550104 | 7 to 15 digits |

call | object | the call |
`

const voice2Phone = `
POST https://phone.example/call

Header

Authorization: The key
Content-Type: application/json

Body

{
    Phone:
    {
        "Number": "(415) 555-0105",
        "CountryCode": "US"
    },
    Message: "Press two, please",
    Dtmf:
    {
        "2": "You pressed two"
    }
}

HTTP Status Code: 200 OK

{
    CallId : "0f0e0d0c-0b0a-4908-8706-050403020100"
}

GET https://phone.example/call/{callId}

Header

Authorization: The key

HTTP Status Code: 200 OK

{
  "CallId": "0f0e0d0c-0b0a-4908-8706-050403020100",
  "Status": 2,
  "CreatedDateUtc": "2026-01-02T03:04:05.678",
  "UpdatedDateUtc": "2026-01-02T03:04:06.789",
  "Dtmf": "2"
}
`

/** In the order of the APIs: trigger-call, native, voice-call records, fonenumbers, voice to phone. */
export const ownDocuments: readonly string[] = [trigger, native, voiceCall, foneNumber, voice2Phone]
