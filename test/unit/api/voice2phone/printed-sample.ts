/** Character by character as the API's document prints it. */
export const printedSample = `{
    Phone:
    {
        "Number":"4252337837",
        "CountryCode":"US"
    },
    Message: "Please press one",
    
    Dtmf:
    {
        "1"     : "Thank you"
    }
}`
