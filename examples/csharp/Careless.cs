// What not to do: a loop that orders again after any error, and a file written whatever the bytes are.
// mcs -r:System.Web.Extensions Careless.cs && mono Careless.exe
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Web.Script.Serialization;

static class Program
{
    static void Main()
    {
        const string body = "{\"model\": \"gpt-image-1.5\", \"prompt\": \"a lighthouse\", \"size\": \"1024x1024\"}";
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            try
            {
                var client = new WebClient();
                client.Headers["Authorization"] = "Bearer " + Environment.GetEnvironmentVariable("OMIXA_API_KEY");
                client.Headers["Content-Type"] = "application/json";
                string url = Environment.GetEnvironmentVariable("OMIXA_BASE_URL") + "/images/generations";
                string text = client.UploadString(url, body);
                var json = new JavaScriptSerializer { MaxJsonLength = int.MaxValue };
                dynamic document = json.Deserialize<Dictionary<string, object>>(text);
                File.WriteAllBytes("out.png", Convert.FromBase64String(document["data"][0]["b64_json"]));
                return;
            }
            catch (Exception error) { Console.Error.WriteLine(error.Message); }
        }
    }
}
