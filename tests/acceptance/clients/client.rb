# Orders one image with Ruby's Net::HTTP, as an ordinary program does.
require "base64"
require "json"
require "net/http"

begin
  uri = URI("#{ENV.fetch("OMIXA_BASE_URL")}/images/generations")
  headers = { "Authorization" => "Bearer #{ENV.fetch("OMIXA_API_KEY")}", "Content-Type" => "application/json" }
  body = { model: "gpt-image-1.5", prompt: "a lighthouse", size: "1024x1024", output_format: "png" }
  http = Net::HTTP.new(uri.host, uri.port)
  http.read_timeout = Float(ENV.fetch("OMIXA_TIMEOUT"))
  response = http.post(uri.path, body.to_json, headers)
  abort response.code if response.code.to_i >= 400
  File.binwrite("out.png", Base64.strict_decode64(JSON.parse(response.body)["data"][0]["b64_json"]))
rescue StandardError => error
  abort error.class.name
end
