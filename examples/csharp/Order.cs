// Order one image from Omixa and write it to out.png; on any doubt one line on standard error, and no file.
// mcs -r:System.Net.Http,System.Web.Extensions Order.cs && mono Order.exe [PROMPT]
using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Web.Script.Serialization;
using static System.Environment;

class Document { public Item[] data = null; public class Item { public string b64_json = null; } }

static class Program
{
    const string Signature = "89-50-4E-47-0D-0A-1A-0A", LastChunk = "00-00-00-00-49-45-4E-44-AE-42-60-82";
    const string Size = "00-00-04-00-00-00-04-00"; // 1024 and 1024
    static readonly JavaScriptSerializer Json = new JavaScriptSerializer { MaxJsonLength = int.MaxValue };
    static void Require(bool ok, string text) { if (!ok) throw new InvalidDataException(text); }

    static HttpResponseMessage Post(string prompt)
    {
        var limit = TimeSpan.FromSeconds(double.Parse(GetEnvironmentVariable("OMIXA_TIMEOUT") ?? "120"));
        var fields = new { model = "gpt-image-1.5", prompt, size = "1024x1024", output_format = "png" };
        string url = GetEnvironmentVariable("OMIXA_BASE_URL") + "/images/generations";
        var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Headers.Add("Authorization", "Bearer " + GetEnvironmentVariable("OMIXA_API_KEY"));
        request.Content = new StringContent(Json.Serialize(fields), System.Text.Encoding.UTF8, "application/json");
        return new HttpClient { Timeout = limit }.SendAsync(request).Result; // the timeout covers the body too
    }

    static byte[] Order(string prompt)
    {
        var response = Post(prompt);
        // Only these two are never charged, so only these are repeated, and only once.
        if ((int)response.StatusCode == 429 || (int)response.StatusCode == 503)
        {
            var after = response.Headers.RetryAfter ?? new RetryConditionHeaderValue(TimeSpan.FromSeconds(1));
            Require(after.Delta <= TimeSpan.FromSeconds(30), "Retry-After: " + after);
            System.Threading.Thread.Sleep(after.Delta.Value);
            response = Post(prompt);
        }
        Require((int)response.StatusCode == 200, "status " + (int)response.StatusCode);
        var data = Json.Deserialize<Document>(response.Content.ReadAsStringAsync().Result)?.data;
        Require(data?.Length == 1 && data[0]?.b64_json != null, "paid for, and without an image");
        byte[] image = Convert.FromBase64String(data[0].b64_json);
        Require(image.Length > 33 && BitConverter.ToString(image, 0, 8) == Signature, "paid for, and no PNG");
        Require(BitConverter.ToString(image, 16, 8) == Size, "paid for, and of another size");
        Require(BitConverter.ToString(image, image.Length - 12) == LastChunk, "paid for, and broken off");
        return image;
    }

    static void Main(string[] arguments)
    {
        string trouble = null, prompt = arguments.DefaultIfEmpty("a lighthouse").First();
        try { File.WriteAllBytes("out.png", Order(prompt)); }
        catch (Exception error) { trouble = error.GetBaseException().Message.Replace('\n', ' '); }
        if (trouble != null) Console.Error.WriteLine("Order.cs: " + trouble);
        Environment.Exit(trouble == null ? 0 : 1); // after a mere return, Mono may wait for its threads for ever
    }
}
